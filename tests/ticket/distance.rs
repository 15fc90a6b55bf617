//! How far a text that was read is from what was written.

/// Letters without the spaces between them: where a line wraps is no matter of reading.
pub fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The fewest letters that must be changed, added or left out so that `wanted` stands somewhere in
/// `read` (Sellers' algorithm), and where in `read` that ends.
pub fn nearest(wanted: &[char], read: &[char]) -> (usize, usize) {
    let mut above: Vec<usize> = vec![0; read.len() + 1];
    for (row, letter) in wanted.iter().enumerate() {
        let mut now = vec![row + 1];
        for (column, other) in read.iter().enumerate() {
            let changed = above[column] + usize::from(letter != other);
            now.push(changed.min(above[column + 1] + 1).min(now[column] + 1));
        }
        above = now;
    }
    let best = above.iter().enumerate().min_by_key(|(_, cost)| **cost);
    best.map_or((wanted.len(), 0), |(end, cost)| (*cost, end))
}

#[test]
fn the_distance_counts_letters() {
    let table = [
        ("Phòng101", "xxPhòng101yy", 0),
        ("Phòng101", "xxPhong101yy", 1),
        ("Phòng101", "Phòng 1o1", 1),
        ("Phòng101", "", 8),
        ("A012", "KB-A0122", 0),
    ];
    for (wanted, read, expected) in table {
        let (cost, _) = nearest(&letters(wanted), &letters(read));
        assert_eq!(cost, expected, "{wanted} in {read}");
    }
}
