//! The parsers of what a card sends, the decoders of what a camera sees and the parsers of its text
//! and of a scanner's keys, on any compiler: every seed of `fuzz/seeds`, what a simulated issuer makes, and some thousand
//! mutations of each, the same in every run. None may panic or take more memory than its input
//! allows. For many more, see `fuzz/Cargo.toml`.
//!
//! `cargo test --test fuzz_corpus -- --ignored` writes what is made here into `fuzz/corpus`, where
//! libFuzzer begins with it.

mod eye;
mod keys;
mod linear;
#[cfg(feature = "sim")]
mod made;
mod mutator;
mod payload;

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use peak_alloc::PeakAlloc;
use tiepdon::emrtd::parsers::{self, Parser};

use mutator::Mutator;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Inputs are kept as short as the largest file that a card may have.
const INPUT_MAX: usize = 65_536;
/// Memory for each byte of an input: a list has forty bytes for an object of two, and a few of
/// them are alive at once.
const MEMORY_PER_BYTE: usize = 64;
/// Memory whatever the input: the tables of curves, the buffers of a reading.
const MEMORY_MIN: usize = 128 << 10;
/// An image may need more than its bytes: the pixels that it is allowed, thrice, in colour planes
/// of four bytes.
const MEMORY_IMAGE: usize = 4_000_000 * 3 * 4 * 3;
/// What a decoder keeps for each pixel of the largest picture here, copies at twice the size among it.
const MEMORY_EYE: usize = eye::PIXELS_MAX * 256;

/// What the reader of bars keeps of lines as long as they may be here.
const MEMORY_LINES: usize = 1 << 20;

/// Both tests count on one allocator.
static ALONE: Mutex<()> = Mutex::new(());

type Seeds = BTreeMap<String, Vec<u8>>;

/// How a target is tried.
struct Effort {
    mutations: u32,
    memory_min: usize,
}

fn effort(target: &str) -> Effort {
    let (mutations, memory_min) = match target {
        // Signatures, agreements and images are slow without optimisation.
        "reader" => (150, MEMORY_MIN),
        "sod" | "certificate" | "master_list" => (400, MEMORY_MIN),
        "portrait" => (400, MEMORY_IMAGE),
        "eye" => (60, MEMORY_EYE),
        "linear" => (400, MEMORY_LINES),
        _ => (3_000, MEMORY_MIN),
    };
    Effort {
        mutations,
        memory_min,
    }
}

fn targets() -> impl Iterator<Item = Parser> {
    let eyes: [Parser; 4] = [
        ("eye", eye::fuzz_eye),
        ("linear", linear::fuzz_linear),
        ("payload", payload::fuzz_payload),
        ("keys", keys::fuzz_keys),
    ];
    parsers::ALL.iter().copied().chain(eyes)
}

fn root() -> PathBuf {
    PathBuf::from("fuzz")
}

/// The seeds of a target by name.
fn seeds(target: &str) -> Seeds {
    let mut seeds = Seeds::new();
    for entry in fs::read_dir(root().join("seeds").join(target))
        .into_iter()
        .flatten()
    {
        let entry = entry.expect("a folder of seeds");
        let bytes = fs::read(entry.path()).expect("a seed");
        seeds.insert(entry.file_name().to_string_lossy().into_owned(), bytes);
    }
    #[cfg(feature = "sim")]
    seeds.extend(made::seeds(target));
    seeds
}

#[test]
fn no_seed_and_no_mutation_of_one_makes_a_parser_panic_or_take_memory_beyond_its_input() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (target, parser) in targets() {
        let effort = effort(target);
        let seeds: Vec<_> = seeds(target).into_iter().collect();
        for (name, seed) in &seeds {
            check(target, parser, &effort, name, seed);
        }
        let mut mutator = Mutator::new(target);
        let inputs: Vec<&[u8]> = seeds.iter().map(|(_, seed)| &seed[..]).collect();
        for number in 0..effort.mutations {
            let mut input = mutator.mutation(&inputs);
            input.truncate(INPUT_MAX);
            check(
                target,
                parser,
                &effort,
                &format!("mutation {number}"),
                &input,
            );
        }
    }
}

fn check(target: &str, parser: fn(&[u8]), effort: &Effort, name: &str, input: &[u8]) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = catch_unwind(|| parser(input));
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let allowed = effort.memory_min + MEMORY_PER_BYTE * input.len();
    assert!(
        outcome.is_ok(),
        "{target}, {name}: a panic; the input: {}",
        hex::encode(input)
    );
    assert!(
        taken <= allowed,
        "{target}, {name}: {taken} bytes for an input of {}: {}",
        input.len(),
        hex::encode(input)
    );
}

#[test]
fn every_parser_has_a_fuzz_target_and_a_seed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the fuzz crate");
    for (target, _) in targets() {
        let path = format!("fuzz_targets/{target}.rs");
        let code = fs::read_to_string(root().join(&path)).expect("a file for each target");
        assert!(code.contains(&format!("::fuzz_{target}(")), "{path}");
        assert!(manifest.contains(&format!("path = \"{path}\"")), "{path}");
        if cfg!(feature = "sim") {
            assert!(!seeds(target).is_empty(), "{target} has no seed");
        }
    }
}

#[test]
#[ignore = "writes into fuzz/corpus, for libFuzzer"]
fn write_the_corpus() {
    for (target, _) in targets() {
        let folder = root().join("corpus").join(target);
        fs::create_dir_all(&folder).expect("a folder");
        for (name, seed) in seeds(target) {
            fs::write(folder.join(name), seed).expect("a seed is written");
        }
    }
}
