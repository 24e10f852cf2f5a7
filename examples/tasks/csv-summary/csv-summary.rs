// Summarises a CSV file: reads /in/data.csv, writes count, mean, smallest and largest of each numeric column to /out/summary.json.
use std::{env, fs, process::exit};

struct Column {
    name: String,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

fn summarise(text: &str) -> Result<Vec<Column>, String> {
    let mut lines = text.lines();
    let header = lines.next().ok_or("the file is empty")?;
    let mut columns: Vec<Column> = header
        .split(',')
        .map(|name| Column { name: name.trim().to_string(), count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY })
        .collect();
    for (number, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells.len() != columns.len() {
            return Err(format!("line {} has {} cells, the header has {}", number + 2, cells.len(), columns.len()));
        }
        for (column, cell) in columns.iter_mut().zip(cells) {
            if let Ok(value) = cell.trim().parse::<f64>() {
                column.count += 1;
                column.sum += value;
                column.min = column.min.min(value);
                column.max = column.max.max(value);
            }
        }
    }
    Ok(columns.into_iter().filter(|column| column.count > 0).collect())
}

fn main() {
    let path = env::args().nth(1).unwrap_or_else(|| "/in/data.csv".to_string());
    let result = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}")).and_then(|text| summarise(&text));
    match result {
        Err(message) => {
            eprintln!("{message}");
            exit(2);
        }
        Ok(columns) => {
            let rows: Vec<String> = columns
                .iter()
                .map(|c| format!("  {{\"column\": {:?}, \"count\": {}, \"mean\": {:.4}, \"min\": {}, \"max\": {}}}", c.name, c.count, c.sum / c.count as f64, c.min, c.max))
                .collect();
            let json = format!("[\n{}\n]\n", rows.join(",\n"));
            if let Err(error) = fs::write("/out/summary.json", &json) {
                eprintln!("/out/summary.json: {error}");
                exit(3);
            }
            println!("{} numeric columns", columns.len());
        }
    }
}
