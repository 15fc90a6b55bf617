//! What the built-in templates put onto paper.

use proptest::prelude::*;
use resvg::usvg;
use unicode_normalization::UnicodeNormalization as _;

use super::{NARROW, PAGE, WIDE, example, texts, usual};
use crate::ticket::layout::{MARGIN, Sheet, check};
use crate::ticket::{Face, PageSize, Raster, Template, TicketError};
use crate::words::{Language, Text, text};

const ALL: [&str; 3] = [WIDE, NARROW, PAGE];

#[test]
fn the_builtin_templates_pass_the_check_that_a_hospitals_must_pass() {
    for svg in ALL {
        if let Err(error) = Template::parse(svg) {
            panic!(
                "{:#?}",
                error
                    .each()
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn no_two_texts_of_the_builtin_templates_touch_even_with_the_longest_names() {
    for svg in ALL {
        for face in check::faces() {
            let (found, _) = texts(svg, &face);
            for (i, (one, a)) in found.iter().enumerate() {
                for (other, b) in &found[i + 1..] {
                    let apart = a.right() <= b.left()
                        || b.right() <= a.left()
                        || a.bottom() <= b.top() + 1.0
                        || b.bottom() <= a.top() + 1.0;
                    assert!(apart, "\"{one}\" {a:?} touches \"{other}\" {b:?}");
                }
            }
        }
    }
}

#[test]
fn the_number_is_the_largest_thing_on_the_paper_whatever_its_length() {
    for (number, wide, narrow) in [
        ("A1", 150.0, 100.0),
        ("A012", 150.0, 100.0),
        ("A1000", 120.0, 80.0),
        ("WW9999", 100.0, 75.0),
        ("K3-A012", 95.0, 75.0),
        ("K10-WW9999", 95.0, 75.0),
    ] {
        let face = Face {
            number: number.into(),
            ..usual()
        };
        for (svg, least) in [(WIDE, wide), (NARROW, narrow)] {
            let (found, _) = texts(svg, &face);
            let (_, ink) = found
                .iter()
                .find(|(said, _)| said == number)
                .expect("number");
            assert!(ink.height() >= least, "{number}: {ink:?}");
        }
    }
}

#[test]
fn what_a_ticket_does_not_carry_takes_no_paper() {
    let full = Face {
        trial: true,
        reprint: 1,
        priority: Some("Phụ nữ có thai".into()),
        second: example("longest").second,
        ..example("foreign")
    };
    type Change = fn(&mut Face);
    let lighter: [Change; 9] = [
        |face| face.trial = false,
        |face| face.reprint = 0,
        |face| face.priority = None,
        |face| face.name = None,
        |face| face.ahead = None,
        |face| face.wait = None,
        |face| face.facility = Some(String::new()),
        |face| face.second = None,
        |face| drop(face.stops.pop()),
    ];
    for svg in [WIDE, NARROW] {
        let (_, whole) = texts(svg, &full);
        for (at, lighten) in lighter.iter().enumerate() {
            let mut face = full.clone();
            lighten(&mut face);
            let (_, height) = texts(svg, &face);
            assert!(height < whole - 15.0, "{at}: {height} of {whole}");
        }
        let longer = Face {
            hospital: example("longest").hospital,
            ..full.clone()
        };
        let (_, height) = texts(svg, &longer);
        assert!(height > whole + 15.0, "{height} of {whole}");
    }
}

#[test]
fn every_field_reaches_the_paper() {
    let face = Face {
        trial: true,
        reprint: 3,
        stops: example("foreign").stops,
        second: example("longest").second,
        ..usual()
    };
    for svg in ALL {
        let (found, _) = texts(svg, &face);
        // Wrapped lines lose the space between them.
        let all: String = found
            .iter()
            .map(|(said, _)| said.replace(' ', "") + "\n")
            .collect();
        let fields = face.fields();
        let flags = ["stops", "stop", "stop_place", "trial", "desk", "code"];
        let elsewhere = ["second_desk_title", "second_desk_help"];
        for (field, words) in &fields.words {
            // Only wide paper has room for this one.
            let left_out = *field == "second_code" && svg != WIDE;
            if !flags.contains(field) && !elsewhere.contains(field) && !left_out {
                assert!(all.contains(&words.replace(' ', "")), "{field} in:\n{all}");
            }
        }
        for stop in &fields.stops {
            for words in stop.values() {
                assert!(all.contains(&words.replace(' ', "")), "{words} in:\n{all}");
            }
        }
        assert!(all.contains("THỬ"));
        let (found, _) = texts(svg, &example("desk"));
        let said: Vec<&str> = found.iter().map(|(said, _)| said.as_str()).collect();
        assert!(said.contains(&"MỜI ĐẾN QUẦY TIẾP ĐÓN"));
        assert!(!said.contains(&"PHIẾU SỐ THỨ TỰ"));
    }
}

#[test]
fn the_labels_of_the_builtin_templates_are_those_of_the_catalogue() {
    let code = text(Language::Vi, Text::TicketCode);
    assert!(WIDE.contains(code) && NARROW.contains(code));
    let bare = |words: &str| words.to_lowercase().replace(['.', '(', ')'], "");
    for svg in ALL {
        let flat: String = svg.split_whitespace().collect::<Vec<_>>().join(" ");
        for key in [
            Text::TicketTitle,
            Text::TicketDeskTitle,
            Text::TicketPriority,
            Text::TicketStops,
            Text::TicketAhead,
            Text::TicketName,
            Text::TicketReprint,
            Text::TicketTrial,
            Text::TicketNotValid,
            Text::TicketKeep,
        ] {
            let words = bare(text(Language::Vi, key));
            assert!(bare(&flat).contains(&words), "{words}");
        }
    }
}

#[test]
fn a_name_of_loose_marks_prints_like_one_of_whole_letters() {
    let template = Template::builtin();
    let loose = Face {
        hospital: usual().hospital.nfd().collect(),
        ..usual()
    };
    assert_ne!(loose.hospital, usual().hospital);
    assert_eq!(template.render(&loose, 576), template.render(&usual(), 576));
}

#[test]
fn a_dropped_ticket_does_not_say_who_or_what_beyond_what_is_needed() {
    // The fields are the whole of what can be printed; a new one is a decision about privacy.
    let known = [
        "ahead",
        "code",
        "code_text",
        "desk",
        "facility",
        "grade",
        "hospital",
        "kiosk",
        "name",
        "number",
        "place",
        "priority",
        "reprint",
        "second_priority",
        "second_service",
        "service",
        "stop",
        "stop_place",
        "stops",
        "time",
        "trial",
        "wait",
    ];
    let labels = [
        "second_ahead",
        "second_code",
        "second_desk_help",
        "second_desk_title",
        "second_keep",
        "second_missed",
        "second_name",
        "second_not_valid",
        "second_priority_label",
        "second_reprint",
        "second_stops",
        "second_time",
        "second_title",
        "second_trial",
        "second_wait",
    ];
    let fields = usual().fields().words.into_keys();
    assert!(fields.filter(|field| !labels.contains(field)).eq(known));
}

fn qr_text(raster: &Raster) -> String {
    let luma = (0..raster.height)
        .flat_map(|y| (0..raster.width).map(move |x| (x, y)))
        .map(|(x, y)| if raster.is_black(x, y) { 0 } else { 255 })
        .collect();
    let found = rxing::helpers::detect_in_luma(luma, raster.width, raster.height, None);
    found.expect("a QR").getText().to_owned()
}

#[test]
fn the_code_on_the_paper_is_read_back() {
    let template = Template::builtin();
    for face in [usual(), example("longest")] {
        for width in [576, 384] {
            let raster = template.render(&face, width).expect("raster");
            assert_eq!(Some(qr_text(&raster)), face.code, "{width}");
        }
        for (size, dpi) in [
            (PageSize::A6, 203),
            (PageSize::A6, 300),
            (PageSize::A5, 600),
        ] {
            let page = template.render_page(&face, size, dpi).expect("page");
            assert_eq!(Some(qr_text(&page.raster)), face.code, "{size} {dpi}");
        }
    }
}

#[test]
fn pages_have_the_size_of_their_paper() {
    let template = Template::builtin();
    for size in PageSize::ALL {
        for dpi in [203, 300, 600] {
            let page = template.render_page(&usual(), size, dpi).expect("page");
            let [width, height] = size.dots(dpi);
            assert_eq!(page.raster.width, width.next_multiple_of(8));
            assert_eq!((page.raster.height, page.dpi), (height, dpi));
        }
    }
}

#[test]
fn a_visit_code_that_paper_cannot_carry_is_refused() {
    let face = Face {
        code: Some("x".repeat(300)),
        ..usual()
    };
    assert_eq!(
        Template::builtin().render(&face, 384),
        Err(TicketError::CodeTooLong(300))
    );
}

#[test]
fn stacked_capitals_are_whole_at_every_edge_and_on_every_line() {
    // Two marks above, one below, on every line alike.
    const LETTERS: &str = "ẪẶ ẪẶ ẪẶ ẪẶ ẪẶ";
    for (svg, width) in [(WIDE, 576), (NARROW, 384)] {
        // Nothing but the hospital's name, first of all, on one line and on many.
        let mut of_one_line = 0;
        for repeated in [1, 6] {
            let face = Face {
                hospital: vec![LETTERS; repeated].join(" "),
                ..Face::default()
            };
            let raster = Template::builtin().render(&face, width).expect("raster");
            // No dot in the margin: nothing is cut off at an edge.
            let margin = MARGIN as u32 / 2;
            for y in 0..raster.height {
                for x in 0..raster.width {
                    let across = x.min(raster.width - 1 - x);
                    let edge = across.min(y).min(raster.height - 1 - y);
                    assert!(edge >= margin || !raster.is_black(x, y), "{x} {y}");
                }
            }
            // Letters, marks and dots are as many bands on each line as on one: no dot below meets
            // the marks of the next line.
            let (lines, high) = first_text(svg, &face);
            assert!((repeated == 1) == (lines == 1), "{lines} lines");
            let end = (MARGIN + high).ceil() as u32 + 1;
            let inked = |y: u32| (0..raster.width).any(|x| raster.is_black(x, y));
            let bands = (1..end).filter(|&y| inked(y) && !inked(y - 1)).count();
            if lines == 1 {
                of_one_line = bands;
            }
            assert_eq!(bands, lines * of_one_line, "{repeated} on {width}");
        }
    }
}

/// Lines and height of the first text.
fn first_text(svg: &str, face: &Face) -> (usize, f32) {
    let sheet = Sheet::read(svg).expect("template");
    let filled = sheet.filled(&face.fields(), sheet.unit).expect("page");
    let mut first = None;
    check::each(filled.tree.root(), &mut |node, ink| {
        if let usvg::Node::Text(text) = node {
            first.get_or_insert((text.chunks().len(), ink.height()));
        }
    });
    first.expect("a text")
}

#[test]
fn a_letter_with_two_marks_has_as_many_dots_in_the_ticket_as_alone() {
    // The same words above all and in the middle: where they are cut, dots are missing.
    let words = "ẪỘỮ ẶỄ";
    for width in [576, 384] {
        let dots = |face: &Face| {
            let raster = Template::builtin().render(face, width).expect("raster");
            raster
                .bits
                .iter()
                .map(|byte| byte.count_ones())
                .sum::<u32>()
        };
        let none = dots(&Face::default());
        let first = dots(&Face {
            hospital: words.into(),
            ..Face::default()
        });
        let later = dots(&Face {
            hospital: words.into(),
            trial: true,
            ..Face::default()
        });
        let trial = dots(&Face {
            trial: true,
            ..Face::default()
        });
        let (first, later) = (first - none, later - trial);
        assert!(first > 200 && first == later, "{first} {later}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_words_at_all_give_a_ticket(
        name in "\\PC{0,60}",
        service in ".{0,40}",
        place in "[<>&\"'{}a-zÀ-ỹ ]{0,60}",
    ) {
        let face = Face { name: Some(name), service, place, ..usual() };
        for width in [576, 384] {
            let raster = Template::builtin().render(&face, width).expect("raster");
            prop_assert_eq!(raster.bits.len(), (width / 8 * raster.height) as usize);
            prop_assert!(raster.bits.iter().any(|&byte| byte != 0));
        }
    }
}

/// Draws the pictures of the documentation: `TIEPDON_PICTURES=DIR cargo test pictures`.
#[test]
fn pictures_for_the_documentation_are_drawn_on_demand() {
    let Some(folder) = std::env::var_os("TIEPDON_PICTURES").map(std::path::PathBuf::from) else {
        return;
    };
    let template = Template::builtin();
    for (name, face) in Face::examples() {
        for width in [576, 384] {
            let raster = template.render(&face, width).expect("raster");
            std::fs::write(folder.join(format!("{name}-{width}.png")), raster.to_png())
                .expect("write");
        }
        for size in PageSize::ALL {
            let page = template.render_page(&face, size, 203).expect("page");
            let file = folder.join(format!("{name}-{size}.png"));
            std::fs::write(file, page.raster.to_png()).expect("write");
        }
    }
}
