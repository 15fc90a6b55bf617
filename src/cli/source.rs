use std::path::PathBuf;

use crate::config::Config;

/// Where the installed configuration stands.
const INSTALLED: &str = "/etc/tiepdon/tiepdon.toml";

/// Set to 1, this lets the end-to-end tests lay a simulated card on a virtual reader. It is read
/// only where the simulators are built in, which a hospital's build leaves out, and `doctor` still
/// calls a virtual reader a fault.
#[cfg(feature = "sim")]
const ALLOW_VIRTUAL_READER: &str = "TIEPDON_ALLOW_VIRTUAL_READER";

/// Which kiosk a command is about.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// The configuration [default: /etc/tiepdon/tiepdon.toml]
    #[arg(long, value_name = "FILE", conflicts_with = "demo")]
    config: Option<PathBuf>,
    /// A trial with simulators on loopback and a store of its own
    #[arg(long)]
    pub(super) demo: bool,
}

impl Source {
    /// Reads the configuration file.
    ///
    /// # Errors
    /// Lines to print: what is wrong, and what to do.
    pub(super) fn load(&self) -> Result<Config, Vec<String>> {
        let path = self.config.clone().unwrap_or_else(|| INSTALLED.into());
        if self.config.is_none() && !path.exists() {
            return Err(vec![
                format!("error: there is no configuration at {INSTALLED}"),
                "hint: `tiepdon config example` prints one to start from; --config FILE names another; --demo needs none".into(),
            ]);
        }
        Config::load(&path).map(allow_virtual).map_err(|faults| {
            // About the whole file, such as that it is not there, there is only one thing to say.
            if let [whole] = &faults[..]
                && whole.line == 0
            {
                return vec![format!("error: {whole}")];
            }
            let (path, count) = (path.display(), faults.len());
            let mut lines = vec![format!("error: {path} has {count} fault(s)")];
            lines.extend(faults.iter().map(|fault| format!("  {fault}")));
            lines
        })
    }
}

#[cfg(feature = "sim")]
fn allow_virtual(mut config: Config) -> Config {
    config.reader.allow_virtual = std::env::var_os(ALLOW_VIRTUAL_READER).is_some_and(|v| v == "1");
    config
}

#[cfg(not(feature = "sim"))]
fn allow_virtual(config: Config) -> Config {
    config
}

/// Why there is no trial in this build.
#[cfg(not(feature = "sim"))]
pub(super) fn no_simulators() -> Vec<String> {
    vec![
        "error: this build has no simulators, so there is no trial".into(),
        "hint: build with the feature `sim`, or name a configuration with --config".into(),
    ]
}
