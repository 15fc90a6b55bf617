//! Tables for a reader, as Markdown, or for a program, as JSON.

use serde_json::{Value, json};

pub struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = vec!["---".to_owned(); self.columns.len()];
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!(
            "### {}\n{}{}{rows}\n",
            self.title,
            line(&self.columns),
            line(&rule)
        )
    }

    fn json(&self) -> Value {
        let row = |row: &Vec<String>| -> Value {
            let cells = self.columns.iter().zip(row);
            cells
                .map(|(column, cell)| (column.clone(), json!(cell)))
                .collect()
        };
        json!({ "title": self.title, "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

pub fn print(tables: &[Table], as_json: bool) {
    if as_json {
        println!("{:#}", tables.iter().map(Table::json).collect::<Value>());
    } else {
        tables
            .iter()
            .for_each(|table| print!("{}", table.markdown()));
    }
}
