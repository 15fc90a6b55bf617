//! What can be wrong with a camera, and what to do about it.

use std::io;

use rustix::io::Errno;

/// Why there are no pictures, or none that are good for anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CameraFault {
    /// No such camera is plugged in.
    #[error("camera not found ({wanted}); there: {there}")]
    Missing {
        /// What was looked for.
        wanted: String,
        /// Those that are there.
        there: String,
    },
    /// The device file may not be opened.
    #[error("the camera may not be used by this user")]
    Denied,
    /// Another program has it.
    #[error("another program is using the camera")]
    Busy,
    /// It went away while it was used.
    #[error("the camera went away")]
    Unplugged,
    /// It has no format that is understood here, or not the one that the configuration asks for.
    #[error("the camera has no picture format that serves ({0})")]
    Format(String),
    /// Its USB port cannot carry what it sends.
    #[error("the camera's USB port is too busy for its pictures")]
    Bandwidth,
    /// No picture comes.
    #[error("the camera gives no pictures; it is opened anew")]
    Stalled,
    /// Pictures come, and none is whole.
    #[error("the camera's pictures arrive broken; it is opened anew")]
    Broken,
    /// Whole pictures come, and nothing is on them.
    #[error("the camera sees nothing")]
    Blank,
    /// A call into its driver does not return.
    #[error("the camera's driver does not answer")]
    Hanging,
    /// Anything else.
    #[error("the camera failed ({0})")]
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

    /// What to do.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "plug it in, install udev/70-tiepdon.rules, or correct its name in [camera] device"
            }
            Self::Denied => {
                "install udev/70-tiepdon.rules, or add this user to the group that owns its device file"
            }
            Self::Busy => "close that program; if it is the kiosk itself, all is well",
            Self::Unplugged => "check its cable",
            Self::Format(_) => "correct [camera] format, or take another camera",
            Self::Bandwidth => "plug it into a port of its own",
            Self::Stalled | Self::Hanging | Self::Failed(_) => "plug it out and in if that goes on",
            Self::Broken => "try another cable or USB port if that goes on",
            Self::Blank => "uncover its lens, open its shutter",
        }
    }

    /// What is wrong and what to do, in a line.
    pub fn told(&self) -> String {
        format!("{self}: {}", self.cure())
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
