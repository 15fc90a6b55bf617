use super::Session;

/// A room, or an exam desk in it, that serves a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Where it is, as it stands on doors and tickets: "P.101".
    pub place: String,
    /// How many patients it receives.
    pub capacity: Capacity,
}

/// How many patients a room receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capacity {
    /// Whoever comes.
    Unlimited,
    /// The same number in each session.
    Each(u32),
    /// By session; in a session that is not listed the room is closed.
    BySession(Vec<u32>),
}

/// How many numbers a queue with these rooms gives for a session: the sum of the rooms'. None: no
/// bound, because there are no rooms to count or one of them has none.
pub fn capacity(rooms: &[Room], session: Session) -> Option<u32> {
    let of = |room: &Room| match &room.capacity {
        Capacity::Unlimited => None,
        Capacity::Each(most) => Some(*most),
        Capacity::BySession(most) => Some(most.get(usize::from(session.0)).copied().unwrap_or(0)),
    };
    let mut rooms = rooms.iter().map(of);
    let first = rooms.next()??;
    rooms.try_fold(first, |sum, most| Some(sum.saturating_add(most?)))
}

#[cfg(test)]
mod tests {
    use super::{Capacity, Room, Session, capacity};

    #[test]
    fn a_queue_takes_as_many_as_its_rooms_do() {
        let rooms = |capacities: &[Capacity]| {
            let room = |capacity: &Capacity| Room {
                place: "P.101".into(),
                capacity: capacity.clone(),
            };
            capacities.iter().map(room).collect::<Vec<_>>()
        };
        let by_session = Capacity::BySession(vec![60, 40]);
        for (capacities, morning, afternoon, night) in [
            (vec![], None, None, None),
            (vec![Capacity::Each(60)], Some(60), Some(60), Some(60)),
            (vec![by_session.clone()], Some(60), Some(40), Some(0)),
            (
                vec![Capacity::Each(10), by_session.clone()],
                Some(70),
                Some(50),
                Some(10),
            ),
            (vec![Capacity::Unlimited, by_session], None, None, None),
            (
                vec![Capacity::Each(u32::MAX); 2],
                Some(u32::MAX),
                Some(u32::MAX),
                Some(u32::MAX),
            ),
        ] {
            let rooms = rooms(&capacities);
            let found = [0, 1, 2].map(|session| capacity(&rooms, Session(session)));
            assert_eq!(found, [morning, afternoon, night], "{rooms:?}");
        }
    }
}
