#![doc = include_str!("conformance.md")]

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    const TABLE: &str = include_str!("conformance.md");

    /// The names of tests in this table and in the room's own page, between backticks: `path::name`.
    fn tests() -> impl Iterator<Item = (&'static str, &'static str)> {
        let pages = [TABLE, include_str!("mod.rs")];
        let quoted = pages.map(|page| page.split('`').skip(1).step_by(2));
        quoted
            .into_iter()
            .flatten()
            .filter_map(|text| text.split_once(".rs::"))
    }

    #[test]
    fn every_test_that_is_named_exists() {
        let mut named = 0;
        for (path, name) in tests() {
            let path = Path::new(path).with_extension("rs");
            let source = fs::read_to_string(&path).unwrap_or_default();
            let function = format!("fn {name}(");
            let at = source.find(&function);
            let before = at.map_or("", |at| &source[..at]);
            let attribute = before.rfind("#[test]");
            let between = attribute.map_or("none", |at| &before[at + 7..]);
            let is_test = !between.contains("fn ") && !between.contains("none");
            assert!(is_test, "{name} is no test of {}", path.display());
            named += 1;
        }
        assert!(named > 50, "only {named} tests were found in the table");
    }

    /// The numbers in a cell: `01`, `03-05`, `07, 11`.
    fn numbers(cell: &str) -> impl Iterator<Item = u32> {
        cell.split(',').flat_map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<u32>().expect("a number");
            number(from)..=number(to)
        })
    }

    #[test]
    fn every_case_of_every_unit_that_applies_is_answered() {
        let mut units = 0;
        for unit in TABLE.split("\n## ").skip(1) {
            let Some((title, rows)) = unit.split_once(" cases\n") else {
                continue;
            };
            let (_, count) = title.rsplit_once(' ').expect("a title and a number");
            let count: u32 = count.parse().expect("a number of cases");
            let cells = rows.lines().filter_map(|row| row.strip_prefix("| "));
            let cells = cells.filter(|row| row.starts_with(|c: char| c.is_ascii_digit()));
            let answered: BTreeSet<u32> = cells
                .flat_map(|row| numbers(row.split('|').next().unwrap_or_default()))
                .collect();
            let all: BTreeSet<u32> = (1..=count).collect();
            assert_eq!(answered, all, "{title}");
            units += 1;
        }
        assert_eq!(units, 14, "units");
    }
}
