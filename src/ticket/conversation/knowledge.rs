use std::collections::BTreeMap;

/// What the last ticket may have left in the printer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::ticket) enum Leftover {
    /// Nothing.
    None,
    /// Nobody of this process knows: whoever printed before may have been killed in the middle of
    /// a band, and the printer waits for the rest of it.
    #[default]
    Unknown,
    /// A ticket that was given up, of which more may come out.
    Half,
}

/// What was learnt of the printer at the end of a line; kept from one conversation to the next.
#[derive(Debug, Clone, Default)]
pub(in crate::ticket) struct Knowledge {
    /// It answers questions. Once it has, silence is a fault.
    pub(in crate::ticket) answers: bool,
    /// It was asked what it can.
    pub(super) probed: bool,
    /// Its model, where it says so.
    pub(in crate::ticket) model: Option<String>,
    /// It says when a ticket is done (`GS ( H`); none: not known.
    pub(in crate::ticket) echoes: Option<bool>,
    /// It says by itself when something changes (`GS a`); none: not known.
    pub(in crate::ticket) automatic: Option<bool>,
    pub(super) leftover: Leftover,
    /// What printers of other models could that were here before: echo, automatic status.
    models: BTreeMap<String, (Option<bool>, Option<bool>)>,
}

impl Knowledge {
    /// The printer names its model. True: such a one was here before, and needs no more questions.
    pub(super) fn recognise(&mut self, model: String) -> bool {
        let known = self.models.get(&model).copied();
        self.model = Some(model);
        if let Some((echoes, automatic)) = known {
            (self.echoes, self.automatic) = (echoes, automatic);
        }
        known.is_some()
    }

    /// Every probe was made.
    pub(super) fn remember(&mut self) {
        self.probed = true;
        if let Some(model) = &self.model {
            let can = (self.echoes, self.automatic);
            self.models.insert(model.clone(), can);
        }
    }

    /// The line broke: whoever is there next is asked anew.
    pub(in crate::ticket) fn new_line(&mut self) {
        *self = Self {
            leftover: self.leftover,
            models: std::mem::take(&mut self.models),
            ..Self::default()
        };
    }
}
