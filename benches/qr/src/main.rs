use std::path::PathBuf;
fn main() {
    let out = PathBuf::from(std::env::args().nth(1).unwrap());
    std::fs::create_dir_all(&out).unwrap();
    for level in 0..6u8 {
        for seed in 0..4 {
            let t = std::time::Instant::now();
            let (_, shot) = tiepdon::sim::eye::still(level, seed);
            let a = t.elapsed();
            let bytes = shot.jpeg();
            println!("{level} {seed} scene {a:?} jpeg {:?}", t.elapsed() - a);
            std::fs::write(out.join(format!("s{level}_{seed}.jpg")), bytes).unwrap();
        }
        let s = tiepdon::sim::eye::sequence(level, 1);
        for (n, shot) in s.shots.iter().enumerate() { if n % 4 == 0 { std::fs::write(out.join(format!("q{level}_{n:02}.jpg")), shot.jpeg()).unwrap(); } }
    }
    for seed in 0..6 { std::fs::write(out.join(format!("e{seed}.jpg")), tiepdon::sim::eye::empty(seed).jpeg()).unwrap(); }
}
