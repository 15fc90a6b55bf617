//! Templates of a hospital: what serves, and what is refused with its reason.

use super::{NARROW, WIDE, usual};
use crate::config::{PageSize, Ticket};
use crate::ticket::{Template, TicketError};

/// Drawn and saved with Inkscape 1.2, in millimetres, with a layer that was moved, flowed text and
/// a scaled group.
const INKSCAPE: &str = include_str!("../../../../tests/ticket/inkscape.svg");

fn refusal(svg: &str) -> String {
    let refused = Template::parse(svg).map(|_| ()).expect_err("refused");
    refused.to_string()
}

#[test]
fn a_template_that_breaks_a_promise_is_refused_and_says_why() {
    let end = "</svg>";
    let table: [(&str, &str, &str); 20] = [
        (end, "", "not usable"),
        ("<svg ", "<svg data-x=\"<\" ", "not usable"),
        (
            "width=\"72mm\"",
            "width=\"80mm\"",
            "set the document's width to 72 mm",
        ),
        ("{{place}}", "{{plaec}}", "plaec"),
        ("{{place}}", "{{place", "names the field"),
        (
            "data-each=\"stop\"",
            "data-each=\"stops\"",
            "data-each takes stop",
        ),
        (
            "font-weight=\"700\">{{place}}",
            "font-weight=\"700\" data-fit=\"900\">{{place}}",
            "leave the page by",
        ),
        (
            "<text x=\"288\" y=\"822\"",
            "<text x=\"288\" y=\"785\"",
            "over each other",
        ),
        (
            "font-size=\"26\">Họ tên",
            "font-size=\"12\">Họ tên",
            "12.0 dots",
        ),
        (
            "font-weight=\"700\">{{hospital}}",
            "font-weight=\"700\" fill=\"#ff8800\">{{hospital}}",
            "paper has no grey and no colours",
        ),
        (
            "data-min=\"150\">{{number}}",
            "data-min=\"150\" display=\"none\">{{number}}",
            "does not show the field \"number\"",
        ),
        (
            "</svg>",
            "<image href=\"file:///etc/passwd\" width=\"9\" height=\"9\"/></svg>",
            "<image>, a picture; trace it",
        ),
        (
            end,
            "<style>@import url(http://127.0.0.1/x.css)</style></svg>",
            "a style sheet",
        ),
        (end, "<script>alert(1)</script></svg>", "a script"),
        (
            end,
            "<rect onclick=\"alert(1)\" width=\"9\" height=\"9\"/></svg>",
            "a script: onclick",
        ),
        (
            end,
            "<use href=\"http://127.0.0.1/x.svg#a\"/></svg>",
            "http://127.0.0.1",
        ),
        (
            end,
            "<rect fill=\"url(file:///x#a)\" width=\"9\" height=\"9\"/></svg>",
            "url(file",
        ),
        (
            end,
            "<rect style=\"fill:url('http://127.0.0.1/#a')\" width=\"9\" height=\"9\"/></svg>",
            "a file or address",
        ),
        (
            end,
            "<flowRoot><flowPara>{{place}}</flowPara></flowRoot></svg>",
            "Text > Convert to Text",
        ),
        (
            end,
            "<foreignObject width=\"9\" height=\"9\"/></svg>",
            "write it as text",
        ),
    ];
    for (from, to, expected) in table {
        assert!(WIDE.contains(from), "{from}");
        let error = refusal(&WIDE.replace(from, to));
        assert!(error.contains(expected), "{to}: {error}");
    }
}

#[test]
fn what_every_ticket_needs_must_be_on_the_drawing() {
    let without = WIDE.replace("data-if=\"trial\"", "");
    assert_eq!(
        Template::parse(&without).map(|_| ()),
        Err(TicketError::MissingField("trial"))
    );
    // All at once.
    let bare = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"576\" height=\"99\"/>";
    let error = Template::parse(bare).map(|_| ()).expect_err("refused");
    assert_eq!(error.each().len(), 9, "{error}");
}

#[test]
fn nothing_is_loaded_by_way_of_a_document_type_or_an_instruction() {
    let entity = WIDE.replace(
        "<svg ",
        "<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><svg ",
    );
    assert!(refusal(&entity).contains("<!DOCTYPE>"));
    let sheet = WIDE.replace("<svg ", "<?xml-stylesheet href=\"x.css\"?><svg ");
    assert!(refusal(&sheet).contains("<?xml-stylesheet?>"));
}

#[test]
fn a_drawing_made_in_inkscape_serves() {
    let template = match Template::parse(INKSCAPE) {
        Ok(template) => template,
        Err(error) => panic!("{error}"),
    };
    let raster = template.render(&usual(), 576).expect("a ticket");
    assert!(raster.height > 600, "{}", raster.height);
    // In such a drawing a unit is a millimetre; the least size of letters is the same.
    let small = INKSCAPE.replace("font-size:3px", "font-size:2px");
    assert!(refusal(&small).contains("dots"), "{}", refusal(&small));
}

#[test]
fn a_hospitals_template_serves_its_own_paper_only() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("ours.svg");
    assert!(matches!(
        Template::load(&path),
        Err(TicketError::Unreadable { .. })
    ));
    std::fs::write(&path, NARROW).expect("write");
    let template = Template::load(&path).expect("template");
    assert_eq!(
        template.render(&usual(), 384),
        Template::builtin().render(&usual(), 384)
    );
    let mut settings = Ticket {
        template: Some(path),
        ..Ticket::default()
    };
    assert_eq!(Template::of(&settings, 384).1, None);
    // The built-in one serves instead.
    let (serving, refused) = Template::of(&settings, 576);
    let reason = refused.expect("for other paper").to_string();
    assert!(reason.contains("printed 384 dots (48 mm) wide"), "{reason}");
    assert!(serving.render(&usual(), 576).is_ok());
    settings.page = Some(PageSize::A6);
    assert!(matches!(
        Template::of(&settings, 384).1,
        Some(TicketError::Width { .. })
    ));
}
