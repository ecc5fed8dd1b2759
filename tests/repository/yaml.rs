//! The YAML that users are shown: examples, and blocks in the manual.

use serde_json::Value;

use crate::files;

/// One YAML document, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) file: String,
    pub(crate) content: Value,
}

impl Document {
    pub(crate) fn kind(&self) -> &str {
        self.content["kind"].as_str().unwrap_or_default()
    }
}

/// Every document in `examples/` and in a `yaml` block of the manual.
pub(crate) fn documents() -> Vec<Document> {
    let mut documents = Vec::new();
    for file in files::all() {
        if file.is_under("examples") && file.is_a("yaml") {
            documents.extend(parse(&file.path, &file.text));
        } else if file.is_a("md") {
            for block in blocks(&file.text) {
                documents.extend(parse(&file.path, &block));
            }
        }
    }
    documents
}

fn parse(file: &str, text: &str) -> Vec<Document> {
    let contents: Vec<Value> = serde_saphyr::from_multiple(text)
        .unwrap_or_else(|error| panic!("{file} has YAML that can't be read: {error}\n{text}"));
    contents
        .into_iter()
        .map(|content| Document {
            file: file.to_owned(),
            content,
        })
        .collect()
}

fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match (&mut block, line.trim()) {
            (None, "```yaml" | "```yml") => block = Some(String::new()),
            (Some(_), "```") => blocks.extend(block.take()),
            (Some(text), _) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}
