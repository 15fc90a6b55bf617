use serde::{Deserialize, Serialize};

/// Where a number stands between its ticket and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// In the queue.
    Waiting,
    /// Called to a room, and perhaps being served there.
    Called,
    /// Staff keep it aside: the patient waits for a result, or is elsewhere for a while.
    Held,
    /// Called in vain. The patient may come back.
    Missed,
    /// Its patient left before the number was theirs; they may come back.
    Unclaimed,
    /// Served.
    Done,
    /// Staff decided that the person's other number counts.
    Settled,
    /// Its day or session was closed before it was served.
    Closed,
    /// Nobody ever saw it: the twin of a number whose fate was unknown at a cut.
    Void,
}

/// What can happen to a number after it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallAct {
    /// A room calls it.
    Call,
    /// The same room calls again.
    Recall,
    /// Passed over for now: it waits on, a few numbers later.
    Skip,
    /// The patient did not come.
    NoShow,
    /// The patient is there again, or what it was held for is over: it waits at its own place.
    Back,
    /// To another service, at its own place.
    Transfer,
    /// Staff keep it aside.
    Hold,
    /// Served.
    Finish,
    /// The patient left the kiosk before the number was theirs.
    Abandon,
    /// Staff judge whether the patient goes first, for a reason that no paper shows.
    Judge,
    /// Staff decide that the person's other number counts.
    Settle,
    /// Reconciliation finds that nobody saw it.
    Void,
    /// The day or its session is closed.
    Close,
}

/// An act that this number is not open to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{act:?} is not for a number that is {state:?}; look at the queue again")]
pub struct NotNow {
    /// Where the number stands.
    pub state: CallState,
    /// What was asked.
    pub act: CallAct,
}

impl CallState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Waiting,
        Self::Called,
        Self::Held,
        Self::Missed,
        Self::Unclaimed,
        Self::Done,
        Self::Settled,
        Self::Closed,
        Self::Void,
    ];

    /// The state after an act. An act that has its effect already changes nothing, so a repeated
    /// one does no harm. Who acts is not known here: that a number called by one room is not
    /// called by another is for whoever keeps the rooms.
    ///
    /// # Errors
    /// [`NotNow`]: the number is elsewhere by now.
    pub fn after(self, act: CallAct) -> Result<Self, NotNow> {
        let next = match act {
            CallAct::Call => self.reach(&[Self::Waiting], Self::Called),
            CallAct::Recall => self.reach(&[], Self::Called),
            CallAct::Skip => self.reach(&[Self::Called], Self::Waiting),
            CallAct::NoShow => self.reach(&[Self::Called], Self::Missed),
            CallAct::Back => {
                self.reach(&[Self::Held, Self::Missed, Self::Unclaimed], Self::Waiting)
            }
            CallAct::Transfer => self.reach(&[Self::Called, Self::Held], Self::Waiting),
            CallAct::Hold => self.reach(&[Self::Waiting, Self::Called], Self::Held),
            CallAct::Finish => self.reach(&[Self::Called], Self::Done),
            CallAct::Abandon => self.reach(&[Self::Waiting, Self::Called], Self::Unclaimed),
            CallAct::Judge => Self::OPEN.contains(&self).then_some(self),
            CallAct::Settle => self.reach(&Self::OPEN, Self::Settled),
            CallAct::Void if self == Self::Closed => Some(Self::Void),
            CallAct::Void => self.reach(&Self::OPEN, Self::Void),
            // Whatever has ended stays as it ended.
            CallAct::Close if !Self::OPEN.contains(&self) => Some(self),
            CallAct::Close => Some(Self::Closed),
        };
        next.ok_or(NotNow { state: self, act })
    }

    /// The person holds a number that counts: no second one is given for the same service and day.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Called | Self::Held)
    }

    /// What has not ended.
    const OPEN: [Self; 5] = [
        Self::Waiting,
        Self::Called,
        Self::Held,
        Self::Missed,
        Self::Unclaimed,
    ];

    fn reach(self, sources: &[Self], target: Self) -> Option<Self> {
        (self == target || sources.contains(&self)).then_some(target)
    }
}

impl CallAct {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Call,
        Self::Recall,
        Self::Skip,
        Self::NoShow,
        Self::Back,
        Self::Transfer,
        Self::Hold,
        Self::Finish,
        Self::Abandon,
        Self::Judge,
        Self::Settle,
        Self::Void,
        Self::Close,
    ];
}

#[cfg(test)]
mod tests {
    use super::{CallAct, CallState};

    /// Every state (the columns) after every act (the rows); a dot is an act that is refused.
    const TABLE: &str = "
                  Waiting   Called    Held      Missed    Unclaimed Done    Settled Closed Void
        Call      Called    Called    .         .         .         .       .       .      .
        Recall    .         Called    .         .         .         .       .       .      .
        Skip      Waiting   Waiting   .         .         .         .       .       .      .
        NoShow    .         Missed    .         Missed    .         .       .       .      .
        Back      Waiting   .         Waiting   Waiting   Waiting   .       .       .      .
        Transfer  Waiting   Waiting   Waiting   .         .         .       .       .      .
        Hold      Held      Held      Held      .         .         .       .       .      .
        Finish    .         Done      .         .         .         Done    .       .      .
        Abandon   Unclaimed Unclaimed .         .         Unclaimed .       .       .      .
        Judge     Waiting   Called    Held      Missed    Unclaimed .         .       .      .
        Settle    Settled   Settled   Settled   Settled   Settled   .       Settled .      .
        Void      Void      Void      Void      Void      Void      .       .       Void   Void
        Close     Closed    Closed    Closed    Closed    Closed    Done    Settled Closed Void";

    #[test]
    fn the_machine_is_its_table() {
        let mut rows = TABLE.lines().skip(1).map(str::split_whitespace);
        let states: Vec<&str> = rows.next().expect("the states").collect();
        assert_eq!(states, CallState::ALL.map(|state| format!("{state:?}")));
        let mut acts = Vec::new();
        for mut row in rows {
            let act = row.next().expect("an act");
            let act = *CallAct::ALL
                .iter()
                .find(|known| format!("{known:?}") == act)
                .expect("an act that exists");
            acts.push(act);
            let expected: Vec<&str> = row.collect();
            assert_eq!(expected.len(), states.len(), "{act:?}");
            for (state, expected) in CallState::ALL.into_iter().zip(expected) {
                let found = state
                    .after(act)
                    .map_or(".".to_owned(), |after| format!("{after:?}"));
                assert_eq!(found, expected, "{state:?} after {act:?}");
            }
        }
        assert_eq!(acts, CallAct::ALL);
    }

    #[test]
    fn an_act_repeated_changes_nothing() {
        for state in CallState::ALL {
            for act in CallAct::ALL {
                if let Ok(after) = state.after(act) {
                    assert_eq!(after.after(act), Ok(after), "{state:?} {act:?}");
                }
            }
        }
    }

    #[test]
    fn what_has_ended_never_lives_again() {
        let ended = CallState::ALL
            .iter()
            .filter(|s| !CallState::OPEN.contains(s));
        for state in ended {
            for act in CallAct::ALL {
                let after = state.after(act).unwrap_or(*state);
                assert!(!CallState::OPEN.contains(&after), "{state:?} {act:?}");
            }
        }
    }

    #[test]
    fn a_person_holds_a_number_that_waits_is_called_or_is_held() {
        let live: Vec<_> = CallState::ALL.into_iter().filter(|s| s.is_live()).collect();
        assert_eq!(
            live,
            [CallState::Waiting, CallState::Called, CallState::Held]
        );
    }
}
