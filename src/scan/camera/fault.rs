//! What can be wrong with a camera, and what to do about it.

use std::io;

use rustix::io::Errno;

/// Why there are no pictures, or none that are good for anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CameraFault {
    /// No such camera is plugged in.
    #[error(
        "camera not found ({wanted}); check its cable and its name in the configuration ({there})"
    )]
    Missing {
        /// What was looked for.
        wanted: String,
        /// Those that are there.
        there: String,
    },
    /// The device file may not be opened.
    #[error(
        "the camera may not be used; install the udev rules, or add this user to the group video"
    )]
    Denied,
    /// Another program has it.
    #[error("another program is using the camera; close it")]
    Busy,
    /// It went away while it was used.
    #[error("the camera went away; check its cable")]
    Unplugged,
    /// It has no format that is understood here, or not the one that the configuration asks for.
    #[error(
        "the camera has no picture format that serves ({0}); correct its format in the configuration, or take another camera"
    )]
    Format(String),
    /// Its USB port cannot carry what it sends.
    #[error("the camera's USB port is too busy for its pictures; plug it into a port of its own")]
    Bandwidth,
    /// No picture comes.
    #[error(
        "the camera gives no pictures; it is opened anew. If that does not help, plug it out and in"
    )]
    Stalled,
    /// Pictures come, and none is whole.
    #[error("the camera's pictures arrive broken; try another cable or USB port")]
    Broken,
    /// Whole pictures come, and nothing is on them.
    #[error("the camera sees nothing; uncover its lens, open its shutter")]
    Blank,
    /// A call into its driver does not return.
    #[error("the camera's driver does not answer; plug the camera out and in")]
    Hanging,
    /// Anything else.
    #[error("the camera failed ({0}); plug it out and in")]
    Failed(String),
}

impl CameraFault {
    /// Its stable name.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Denied => "denied",
            Self::Busy => "busy",
            Self::Unplugged => "unplugged",
            Self::Format(_) => "format",
            Self::Bandwidth => "bandwidth",
            Self::Stalled => "stalled",
            Self::Broken => "broken",
            Self::Blank => "blank",
            Self::Hanging => "hanging",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether the stream goes on: there is nothing to be opened anew.
    pub(super) fn keeps_the_stream(&self) -> bool {
        *self == Self::Blank
    }
}

impl From<io::Error> for CameraFault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut {
            return Self::Stalled;
        }
        match Errno::from_io_error(&error) {
            Some(Errno::BUSY) => Self::Busy,
            Some(Errno::ACCESS | Errno::PERM) => Self::Denied,
            Some(Errno::NODEV | Errno::NXIO | Errno::NOENT) => Self::Unplugged,
            Some(Errno::NOSPC) => Self::Bandwidth,
            _ => Self::Failed(error.to_string()),
        }
    }
}
