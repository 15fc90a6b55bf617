use serde::{Deserialize, Serialize};

use super::ServiceCode;

/// How a visit is paid for, which decides where the patient goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatientClass {
    /// Health insurance, at the right line of care (đúng tuyến).
    BhytRightLine,
    /// Health insurance otherwise.
    BhytOther,
    /// The patient pays.
    SelfPay,
    /// Care on request (theo yêu cầu).
    OnRequest,
}

impl PatientClass {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::BhytRightLine,
        Self::BhytOther,
        Self::SelfPay,
        Self::OnRequest,
    ];

    /// Its name in the configuration.
    pub fn code(self) -> &'static str {
        match self {
            Self::BhytRightLine => "bhyt_right_line",
            Self::BhytOther => "bhyt_other",
            Self::SelfPay => "self_pay",
            Self::OnRequest => "on_request",
        }
    }
}

/// One stop of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The service that the patient chose.
    Chosen,
    /// This one.
    At(ServiceCode),
}

/// The stops of some visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Of patients of this class; absent: of all, also where the class is not known.
    pub class: Option<PatientClass>,
    /// Where one of these services is chosen; empty: any.
    pub services: Vec<ServiceCode>,
    /// In the order in which the patient goes.
    pub stops: Vec<Stop>,
}

impl Route {
    /// Whether every patient of `other` is one of its own.
    pub fn covers(&self, other: &Self) -> bool {
        let any = self.services.is_empty();
        (self.class.is_none() || self.class == other.class)
            && (any
                || !other.services.is_empty()
                    && other
                        .services
                        .iter()
                        .all(|code| self.services.contains(code)))
    }

    fn serves(&self, class: Option<PatientClass>, chosen: &ServiceCode) -> bool {
        (self.class.is_none() || self.class == class)
            && (self.services.is_empty() || self.services.contains(chosen))
    }
}

/// Where a patient goes who chose a service: the stops of the first route that fits, each once;
/// without one, the service alone.
pub fn stops(
    routes: &[Route],
    class: Option<PatientClass>,
    chosen: &ServiceCode,
) -> Vec<ServiceCode> {
    let route = routes.iter().find(|route| route.serves(class, chosen));
    let Some(route) = route else {
        return vec![chosen.clone()];
    };
    let mut codes = Vec::new();
    for stop in &route.stops {
        let code = match stop {
            Stop::Chosen => chosen,
            Stop::At(code) => code,
        };
        if !codes.contains(code) {
            codes.push(code.clone());
        }
    }
    codes
}

/// Who owns the numbers of which queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Authority {
    /// This program: all queues.
    #[default]
    Tiepdon,
    /// The hospital's system. The kiosk gives numbers of the reception counter alone; rooms,
    /// calling and boards are the hospital system's.
    His {
        /// The reception counter's queue.
        counter: ServiceCode,
    },
}

impl Authority {
    /// Whether a kiosk gives the numbers of this queue.
    pub fn gives(&self, service: &ServiceCode) -> bool {
        match self {
            Self::Tiepdon => true,
            Self::His { counter } => counter == service,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Authority, PatientClass, Route, ServiceCode, Stop, stops};

    fn code(text: &str) -> ServiceCode {
        ServiceCode(text.into())
    }

    fn route(class: Option<PatientClass>, services: &[&str], stops: &[&str]) -> Route {
        let stop = |text: &&str| match *text {
            "*" => Stop::Chosen,
            text => Stop::At(code(text)),
        };
        Route {
            class,
            services: services.iter().map(|text| code(text)).collect(),
            stops: stops.iter().map(stop).collect(),
        }
    }

    #[test]
    fn each_class_goes_its_own_way_to_the_service_it_chose() {
        use PatientClass::{BhytOther, BhytRightLine, OnRequest, SelfPay};
        let routes = [
            route(Some(BhytRightLine), &["TIEM"], &["*"]),
            route(Some(BhytRightLine), &[], &["TD", "*"]),
            route(Some(SelfPay), &[], &["TD", "TN", "*"]),
            route(None, &["XN"], &["TN", "*", "TD"]),
        ];
        for (class, chosen, expected) in [
            (Some(BhytRightLine), "KB", &["TD", "KB"][..]),
            (Some(BhytRightLine), "TIEM", &["TIEM"]),
            (Some(SelfPay), "KB", &["TD", "TN", "KB"]),
            // Whoever chose a stop of the way goes there once.
            (Some(SelfPay), "TN", &["TD", "TN"]),
            (Some(OnRequest), "XN", &["TN", "XN", "TD"]),
            (Some(BhytOther), "KB", &["KB"]),
            (None, "XN", &["TN", "XN", "TD"]),
            (None, "KB", &["KB"]),
        ] {
            let found = stops(&routes, class, &code(chosen));
            let found: Vec<&str> = found.iter().map(|code| code.0.as_str()).collect();
            assert_eq!(found, expected, "{class:?} {chosen}");
        }
        assert_eq!(stops(&[], Some(SelfPay), &code("KB")), [code("KB")]);
    }

    #[test]
    fn a_class_has_one_name_everywhere() {
        for class in PatientClass::ALL {
            let written = serde_json::to_value(class).expect("a text");
            assert_eq!(written, class.code());
        }
    }

    #[test]
    fn where_the_hospitals_system_owns_the_queues_only_the_counter_is_ours() {
        let his = Authority::His {
            counter: code("TD"),
        };
        assert!(his.gives(&code("TD")) && !his.gives(&code("KB")));
        assert!(Authority::Tiepdon.gives(&code("KB")));
    }
}
