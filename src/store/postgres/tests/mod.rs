#[path = "../../../../tests/common/postgres.rs"]
mod cluster;

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use cluster::Cluster;

use super::Postgres;
use crate::config::SharedStore;
use crate::store::conformance::{self, services};
use crate::store::{Act, Changed, Command, Fleet, Outbox, Sqlite, Store, StoreError, Visits};

/// Stories that the property tells, and acts in the longest.
const CASES: u32 = 24;
const ACTS_MAX: usize = 40;
/// Far more than any call takes on a busy machine: these tests are not about cuts.
const PATIENCE: Duration = Duration::from_secs(30);

/// One server for all tests of this program; none where it is not installed.
fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(&[])).as_ref()
}

fn settings(url: &str) -> SharedStore {
    SharedStore {
        url: url.to_owned(),
        password: None,
        ca_file: None,
        patience: PATIENCE,
    }
}

/// The key file of a kiosk's own store, which is the shared one's, too.
fn key_in(folder: &Path) -> std::path::PathBuf {
    let own = crate::config::Store {
        path: folder.join("store.db"),
        key_file: folder.join("key"),
    };
    Sqlite::open(&own, &services()).expect("a kiosk's own store");
    own.key_file
}

fn open(folder: &Path, url: &str) -> Result<Postgres, StoreError> {
    open_as("K1", folder, url)
}

fn open_as(kiosk: &str, folder: &Path, url: &str) -> Result<Postgres, StoreError> {
    let store = Postgres::lazy(&settings(url), kiosk, &key_in(folder), &services())?;
    store.prepare()?;
    Ok(store)
}

#[test]
fn postgres_keeps_every_promise_of_a_store() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    conformance::all(|| {
        let store = open(folder.path(), &cluster.database());
        Box::new(store.expect("a new store")) as Box<dyn Store>
    });
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        failure_persistence: None,
        ..proptest::test_runner::Config::with_cases(CASES)
    })]

    #[test]
    fn postgres_does_as_the_model_does(acts in conformance::acts::acts(ACTS_MAX)) {
        let Some(cluster) = cluster() else { return Ok(()) };
        let folder = tempfile::tempdir().expect("folder");
        let store = open(folder.path(), &cluster.database()).expect("a new store");
        conformance::model::compare(&store, &acts);
    }
}

#[test]
fn the_key_of_another_store_is_told() {
    let Some(cluster) = cluster() else { return };
    let (one, other) = (
        tempfile::tempdir().expect("folder"),
        tempfile::tempdir().expect("folder"),
    );
    let url = cluster.database();
    open(one.path(), &url).expect("a new store");
    let error = open(other.path(), &url).map(drop).expect_err("another key");
    assert!(matches!(error, StoreError::Key { .. }), "{error}");
}

#[test]
fn eight_first_starts_at_once_make_one_store() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    key_in(folder.path());
    let url = cluster.database();
    std::thread::scope(|scope| {
        for n in 1..9 {
            let (url, folder) = (&url, folder.path());
            scope.spawn(move || {
                let store = open(folder, url).expect("opens");
                conformance::new(&store, &conformance::draft(n));
            });
        }
    });
    let store = open(folder.path(), &url).expect("opens");
    let ninth = conformance::new(&store, &conformance::draft(9));
    assert_eq!(ninth.number.as_str(), "A009");
}

#[test]
fn a_server_that_may_forget_is_refused() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let url = cluster.database();
    let name = url.rsplit_once('/').expect("an address").1;
    cluster.sql(
        "postgres",
        &format!("ALTER DATABASE {name} SET synchronous_commit = off"),
    );
    let error = open(folder.path(), &url).map(drop).expect_err("refused");
    assert!(error.to_string().contains("synchronous_commit"), "{error}");
}

#[test]
fn what_one_kiosk_is_asked_it_hears_at_once() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let url = cluster.database();
    let (console, kiosk) = (
        open(folder.path(), &url).expect("opens"),
        open(folder.path(), &url).expect("opens"),
    );
    let (told, heard) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    kiosk.watch(std::sync::Arc::new(move |changed| {
        let _ = told.lock().expect("whole").send(changed);
    }));
    // Listening begins in its own time; what is asked before is told as "anything".
    for n in 1.. {
        let command = Command {
            id: conformance::draft(n).visit,
            kiosk: "K1".into(),
            act: Act::Release,
            who: "lan".into(),
            why: "card unreadable".into(),
            at: conformance::at(n),
            answer: None,
        };
        console.command(&command).expect("given");
        match heard.recv_timeout(PATIENCE).expect("told") {
            Changed::Commands => break,
            Changed::Anything | Changed::Queues | Changed::Kiosks => {}
        }
    }
    assert!(!kiosk.pending("K1").expect("listed").is_empty());
}

#[test]
fn one_program_drains_at_a_time_and_is_followed_when_it_has_done() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path(), &cluster.database()).expect("a new store");
    let lead = |holder| store.lead(holder).expect("asked");
    assert_eq!(["K1", "K2", "K1"].map(lead), [true, false, true]);
    store.resign("K2").expect("nothing happens");
    assert!(!lead("K2"));
    store.resign("K1").expect("resigned");
    assert_eq!(["K2", "K1"].map(lead), [true, false]);
}

/// The server's own words for a disk that is full, from the moment at which a row is written.
#[test]
fn a_server_whose_disk_is_full_counts_as_cut_and_loses_no_number() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let url = cluster.database();
    let name = url.rsplit_once('/').expect("an address").1;
    let store = open(folder.path(), &url).expect("a new store");
    let number = |n| {
        conformance::new(&store, &conformance::draft(n))
            .number
            .to_string()
    };
    assert_eq!(number(1), "A001");
    cluster.sql(
        name,
        "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE EXCEPTION 'could not extend file: No space left on device'
             USING ERRCODE = '53100'; END $$;
         CREATE TRIGGER disk_full AFTER INSERT ON outbox
             FOR EACH ROW EXECUTE FUNCTION disk_full()",
    );
    match store.issue(&conformance::draft(2)) {
        Err(StoreError::Cut { cause, .. }) => assert!(cause.contains("No space left"), "{cause}"),
        other => panic!("the kiosk does not go on by itself: {other:?}"),
    }
    cluster.sql(name, "DROP TRIGGER disk_full ON outbox");
    assert_eq!(
        number(3),
        "A002",
        "the value of the number that was not given"
    );
}

#[test]
fn after_a_restart_of_the_server_it_goes_on() {
    let Some(mut cluster) = Cluster::start(&[]) else {
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path(), &cluster.database()).expect("a new store");
    assert_eq!(
        conformance::new(&store, &conformance::draft(1))
            .number
            .as_str(),
        "A001"
    );
    cluster.stop();
    let down = store.issue(&conformance::draft(2));
    assert!(matches!(down, Err(StoreError::Cut { .. })), "{down:?}");
    cluster.restart(&[]);
    // A connection that died in the pool is found out by the call that meets it.
    let numbers = (2..9).filter_map(|n| store.issue(&conformance::draft(n)).ok());
    assert!(numbers.count() >= 3);
}

/// A wish for a number hangs in the server while its kiosk is started again.
#[test]
fn what_an_earlier_run_had_on_its_way_is_not_written_after_the_kiosk_started_anew() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let url = cluster.database();
    let hasty = SharedStore {
        patience: Duration::from_millis(500),
        ..settings(&url)
    };
    let other = open_as("K2", folder.path(), &url).expect("opens");
    let now = open_as("K1", folder.path(), &url).expect("opens");
    let earlier = Postgres::lazy(&hasty, "K1", &key_in(folder.path()), &services());
    let earlier = earlier.expect("an address");
    conformance::new(&earlier, &conformance::draft(1));
    let gone = other.write(|tx| {
        tx.execute("LOCK TABLE counters IN EXCLUSIVE MODE", &[])?;
        let unknown = earlier.issue(&conformance::draft(2));
        assert!(
            matches!(unknown, Err(StoreError::Cut { .. })),
            "{unknown:?}"
        );
        let gone = now.abandon("K1", conformance::TODAY, conformance::at(9));
        Ok(gone.expect("done"))
    });
    assert_eq!(gone.expect("locked"), 1, "of whose paper nothing was heard");
    let next = conformance::new(&other, &conformance::draft(3));
    assert_eq!(next.number.as_str(), "A002", "nothing came of the wish");
}

#[test]
fn a_backup_is_put_back_and_no_number_of_before_comes_again() {
    let Some(cluster) = cluster() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let url = cluster.database();
    let shared = settings(&url);
    let file = folder.path().join("backup");
    let store = open(folder.path(), &url).expect("a new store");
    let number = |store: &Postgres, n| {
        let issued = conformance::new(store, &conformance::proven(n, n));
        issued.number.to_string()
    };
    assert_eq!(number(&store, 1), "A001");
    Postgres::backup(&shared, &file).expect("copied");
    let again = Postgres::backup(&shared, &file).expect_err("it is there");
    assert!(again.to_string().contains("name a new file"), "{again}");
    assert_eq!(number(&store, 2), "A002");

    let other = open_as("K2", folder.path(), &url).expect("opens");
    let busy = store.restore(&shared, &file, 10).expect_err("K2 is there");
    assert!(busy.to_string().contains("stop them first"), "{busy}");
    drop(other);
    // Its connections end when the server has noticed.
    let mut restored = store.restore(&shared, &file, 10);
    for _ in 0..100 {
        if restored.is_ok() {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(100));
        restored = store.restore(&shared, &file, 10);
    }
    let restored = restored.expect("put back");
    assert_eq!(restored.series, 1);
    let aside = restored.aside.expect("the store of before");
    assert!(aside.metadata().expect("a file").len() > 1000);
    assert_eq!(number(&store, 3), "A012", "A002 is on paper");
    let again = store.issue(&conformance::proven(9, 1)).expect("works");
    let is_first = |issued: &crate::queue::Issued| issued.number.as_str() == "A001";
    assert!(
        matches!(&again, crate::store::Answer::Same(issued) if is_first(issued)),
        "{again:?}"
    );
    let damaged = folder.path().join("damaged");
    let bytes = std::fs::read(&file).expect("a file");
    std::fs::write(&damaged, &bytes[..bytes.len() / 2]).expect("written");
    store.restore(&shared, &damaged, 10).expect_err("damaged");
    assert_eq!(number(&store, 4), "A013", "nothing was changed");
}
