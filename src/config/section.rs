//! One table of the file: typed look-ups that note every fault with its line, and which keys nobody
//! asked for.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::Setting;

/// Something wrong in the configuration, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Line in the file, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// The key: `printer.width_dots`.
    pub key: String,
    /// What is wrong, and what is expected.
    pub cure: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{}: {}", self.key, self.cure)
    }
}

/// All faults found so far.
pub(super) struct Faults<'a> {
    source: &'a str,
    list: RefCell<Vec<Fault>>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            list: RefCell::default(),
        }
    }

    pub(super) fn line(&self, at: usize) -> usize {
        self.source
            .get(..at)
            .map_or(0, |before| before.matches('\n').count() + 1)
    }

    pub(super) fn note(&self, line: usize, key: &str, cure: impl Into<String>) {
        self.list.borrow_mut().push(Fault {
            line,
            key: key.to_owned(),
            cure: cure.into(),
        });
    }

    pub(super) fn into_sorted(self) -> Vec<Fault> {
        let mut list = self.list.into_inner();
        list.sort();
        list
    }
}

/// A table, or its absence.
pub(super) struct Section<'a> {
    path: String,
    line: usize,
    table: Option<&'a DeTable<'a>>,
    faults: &'a Faults<'a>,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a DeTable<'a>, faults: &'a Faults<'a>) -> Self {
        Self::new(String::new(), 0, Some(table), faults)
    }

    fn new(
        path: String,
        line: usize,
        table: Option<&'a DeTable<'a>>,
        faults: &'a Faults<'a>,
    ) -> Self {
        Self {
            path,
            line,
            table,
            faults,
            known: RefCell::default(),
        }
    }

    pub(super) fn present(&self) -> bool {
        self.table.is_some()
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// The table under `key`; an absent one where there is none.
    pub(super) fn section(&self, key: &'static str) -> Section<'a> {
        let path = self.path_of(key);
        let Some(value) = self.get(key) else {
            return Self::new(path, self.line, None, self.faults);
        };
        let line = self.faults.line(value.span().start);
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.faults
                .note(line, &path, format!("write a table: [{path}]"));
        }
        Self::new(path, line, table, self.faults)
    }

    /// The tables of a list of tables.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let path = self.path_of(key);
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(key, value, &format!("write each as [[{path}]]"));
            return Vec::new();
        };
        let tables = list.iter().enumerate().map(|(index, item)| {
            let line = self.faults.line(item.span().start);
            Self::new(
                format!("{path}[{index}]"),
                line,
                item.get_ref().as_table(),
                self.faults,
            )
        });
        tables.collect()
    }

    /// A text that may be absent.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        let value = self.get(key)?;
        let text = value.get_ref().as_str();
        if text.is_none_or(|text| text.trim().is_empty()) {
            self.wrong(key, value, "a text in quotes, not empty");
            return None;
        }
        text.map(str::to_owned)
    }

    /// A text that must be there.
    pub(super) fn needed(&self, key: &'static str, example: &str) -> String {
        if self.get(key).is_none() {
            self.faults.note(
                self.line,
                &self.path_of(key),
                format!("is missing, write {key} = \"{example}\""),
            );
        }
        self.text(key).unwrap_or_default()
    }

    /// A text that `parse` understands.
    pub(super) fn parsed<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key)?;
        let value = parse(&text);
        if value.is_none() {
            self.fault(key, &format!("\"{text}\" is not {expected}"));
        }
        value
    }

    /// One of a few words, or the default.
    pub(super) fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)], default: T) -> T {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let expected = format!("one of {}", all.join(", "));
        let find = |text: &str| {
            words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
        };
        self.parsed(key, &expected, find).unwrap_or(default)
    }

    /// Texts in a list.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<(String, usize)>> {
        let value = self.get(key)?;
        let texts = value.get_ref().as_array().and_then(|list| {
            let text = |item: &Spanned<DeValue<'_>>| {
                Some((
                    item.get_ref().as_str()?.to_owned(),
                    self.faults.line(item.span().start),
                ))
            };
            list.iter().map(text).collect::<Option<Vec<_>>>()
        });
        if texts.is_none() {
            self.wrong(key, value, "a list of texts: [\"a\", \"b\"]");
        }
        texts
    }

    /// Texts in a list, each of which `parse` understands.
    pub(super) fn parsed_list<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        let read = texts.into_iter().filter_map(|(text, line)| {
            let value = parse(&text);
            if value.is_none() {
                let cure = format!("\"{text}\" is not {expected}");
                self.faults.note(line, &self.path_of(key), cure);
            }
            value
        });
        Some(read.collect())
    }

    /// Whole numbers by name, where the key holds a table.
    pub(super) fn counts(&self, key: &'static str, most: u32) -> Option<Vec<(String, u32)>> {
        let table = self.get(key)?.get_ref().as_table()?;
        let read = table.iter().filter_map(|(name, value)| {
            let count = whole(value).filter(|count| *count <= most);
            if count.is_none() {
                let path = format!("{key}.{}", name.get_ref());
                self.wrong(&path, value, &format!("a whole number from 0 to {most}"));
            }
            Some((name.get_ref().to_string(), count?))
        });
        Some(read.collect())
    }

    /// A whole number within bounds, or the default.
    pub(super) fn number(
        &self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        let Some(value) = self.get(key) else {
            return default;
        };
        whole(value)
            .filter(|number| bounds.contains(number))
            .unwrap_or_else(|| {
                let expected =
                    format!("a whole number from {} to {}", bounds.start(), bounds.end());
                self.wrong(key, value, &expected);
                default
            })
    }

    /// `true` or `false`, or the default.
    pub(super) fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.get(key) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, value, "true or false");
            default
        })
    }

    /// `"auto"`, which is the default, or a whole number.
    pub(super) fn setting(&self, key: &'static str) -> Setting {
        let Some(value) = self.get(key) else {
            return Setting::Auto;
        };
        let written = value.get_ref();
        let auto = (written.as_str() == Some("auto")).then_some(Setting::Auto);
        let number = whole(value).filter(|number| *number <= Setting::MAX);
        let read = auto.or(number.map(Setting::Fixed));
        read.unwrap_or_else(|| {
            let expected = format!("\"auto\" or a whole number from 0 to {}", Setting::MAX);
            self.wrong(key, value, &expected);
            Setting::Auto
        })
    }

    /// Seconds within bounds, or the default.
    pub(super) fn seconds(&self, key: &'static str, most: u32, default: Duration) -> Duration {
        let default = u32::try_from(default.as_secs()).unwrap_or(most);
        Duration::from_secs(self.number(key, 1..=most, default).into())
    }

    /// Notes a fault of a key.
    pub(super) fn fault(&self, key: &'static str, cure: &str) {
        let line = self
            .get(key)
            .map_or(self.line, |value| self.faults.line(value.span().start));
        self.faults.note(line, &self.path_of(key), cure);
    }

    /// Says of every key that nobody asked for that it is unknown, with the nearest known one.
    pub(super) fn finish(&self) {
        let Some(table) = self.table else { return };
        let known = self.known.borrow();
        for (key, _) in table {
            let name: &str = key.get_ref();
            if known.contains(name) {
                continue;
            }
            let near = known
                .iter()
                .filter(|k| distance(k, name) <= 2)
                .min_by_key(|k| distance(k, name));
            let cure = near.map_or_else(
                || {
                    format!(
                        "is not a key here; there are {}",
                        known.iter().copied().collect::<Vec<_>>().join(", ")
                    )
                },
                |near| format!("is not a key here; {near} is"),
            );
            self.faults.note(
                self.faults.line(key.span().start),
                &self.path_of(name),
                cure,
            );
        }
    }

    fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.borrow_mut().insert(key);
        self.table?
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let line = self.faults.line(value.span().start);
        let found = value.get_ref().type_str();
        self.faults.note(
            line,
            &self.path_of(key),
            format!("is {found}; expected {expected}"),
        );
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

fn whole(value: &Spanned<DeValue<'_>>) -> Option<u32> {
    let integer = value.get_ref().as_integer()?;
    u32::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Edit distance of two short words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
