use std::ffi::CString;
use std::time::{Duration, Instant};

use pcsc::{Context, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::CardError;
use crate::config::Reader;

/// How the virtual reader's driver names its readers.
const VIRTUAL: &str = "Virtual PCD";

/// A reader, as `doctor` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderInfo {
    /// Its PC/SC name.
    pub name: String,
    /// It belongs to the virtual reader's driver, which listens on the network.
    pub is_virtual: bool,
    /// The answer to reset of the card on it.
    pub atr: Option<Vec<u8>>,
}

/// All readers of this machine.
///
/// # Errors
/// [`CardError::NoService`] when PC/SC does not run. No reader is an empty list.
pub fn readers() -> Result<Vec<ReaderInfo>, CardError> {
    let context = Context::establish(Scope::System)?;
    let mut states = states(&context, |_| true)?;
    if states.is_empty() {
        return Ok(Vec::new());
    }
    match context.get_status_change(Duration::ZERO, &mut states) {
        Ok(()) | Err(pcsc::Error::Timeout) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(states.iter().map(info).collect())
}

fn info(state: &ReaderState) -> ReaderInfo {
    let name = state.name().to_string_lossy().into_owned();
    let present = state.event_state().contains(State::PRESENT);
    ReaderInfo {
        is_virtual: is_virtual(&name),
        name,
        atr: present.then(|| state.atr().to_vec()),
    }
}

/// Whether the settings allow this reader. Virtual ones only count where they are allowed by name
/// of the setting: whoever reaches the machine's network could lay cards on them.
pub fn accepts(settings: &Reader, name: &str) -> bool {
    name.contains(&settings.name_contains) && (settings.allow_virtual || !is_virtual(name))
}

fn is_virtual(name: &str) -> bool {
    name.starts_with(VIRTUAL)
}

/// The names of all accepted readers; none is not an error here.
pub(super) fn names(context: &Context, settings: &Reader) -> Result<Vec<CString>, pcsc::Error> {
    let mut names = match context.list_readers_owned() {
        Err(pcsc::Error::NoReadersAvailable) => Vec::new(),
        listed => listed?,
    };
    names.retain(|name| accepts(settings, &name.to_string_lossy()));
    Ok(names)
}

fn states(context: &Context, keep: impl Fn(&str) -> bool) -> Result<Vec<ReaderState>, pcsc::Error> {
    let all = Reader {
        name_contains: String::new(),
        allow_virtual: true,
    };
    let names = names(context, &all)?.into_iter();
    let kept = names.filter(|name| keep(&name.to_string_lossy()));
    Ok(kept
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect())
}

/// Waits until a card lies on any accepted reader: its reader's name and its answer to reset.
///
/// # Errors
/// [`CardError::NoCard`] after `patience`; [`CardError::NoReader`] if there was no reader either.
pub fn wait_for_card(
    settings: &Reader,
    patience: Duration,
) -> Result<(String, Vec<u8>), CardError> {
    let context = Context::establish(Scope::System)?;
    let end = Instant::now() + patience;
    loop {
        let mut states = states(&context, |name| accepts(settings, name))?;
        let no_reader = states.is_empty();
        states.push(ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE));
        // The first call tells how things are, the next waits for a change of that.
        for wait in [
            Duration::ZERO,
            end.saturating_duration_since(Instant::now()),
        ] {
            match context.get_status_change(wait, &mut states) {
                Ok(()) | Err(pcsc::Error::Timeout) => {}
                Err(pcsc::Error::UnknownReader) => break,
                Err(error) => return Err(error.into()),
            }
            let readers = states.iter().take(states.len() - 1).map(info);
            if let Some((name, atr)) = readers
                .filter_map(|reader| Some((reader.name, reader.atr?)))
                .next()
            {
                return Ok((name, atr));
            }
            states.iter_mut().for_each(ReaderState::sync_current_state);
        }
        if Instant::now() >= end {
            return Err(if no_reader {
                CardError::NoReader
            } else {
                CardError::NoCard
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::accepts;
    use crate::config::Reader;

    #[test]
    fn virtual_readers_are_refused_unless_they_are_allowed() {
        let settings = |name: &str, allow_virtual| Reader {
            name_contains: name.to_owned(),
            allow_virtual,
        };
        for (name_contains, allow_virtual, reader, accepted) in [
            ("", false, "ACS ACR1252 Dual Reader [PICC] 00 00", true),
            ("PICC", false, "ACS ACR1252 Dual Reader [SAM] 01 00", false),
            ("", false, "Virtual PCD 00 00", false),
            ("Virtual", false, "Virtual PCD 00 00", false),
            ("", true, "Virtual PCD 00 00", true),
            ("00 01", true, "Virtual PCD 00 00", false),
        ] {
            let settings = settings(name_contains, allow_virtual);
            assert_eq!(
                accepts(&settings, reader),
                accepted,
                "{settings:?} {reader}"
            );
        }
    }
}
