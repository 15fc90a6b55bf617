use proptest::prelude::*;
use resvg::usvg::{self, Node, Rect};

use super::{Sheet, Template, check};
use crate::ticket::{Face, Raster, TicketError};

const WIDE: &str = include_str!("../../../assets/ticket.svg");
const NARROW: &str = include_str!("../../../assets/ticket-58.svg");

fn usual() -> Face {
    Face {
        hospital: "Bệnh viện Đa khoa tỉnh Lạng Sơn".into(),
        facility: Some("Mã cơ sở KCB: 20001".into()),
        number: "A012".into(),
        service: "Khám Nội tổng hợp".into(),
        service_english: Some("General internal medicine".into()),
        place: "Phòng 101, tầng 1, nhà A".into(),
        priority: Some("Người từ đủ 75 tuổi".into()),
        ahead: Some(12),
        name: Some("NGUYỄN T. H. PHƯỢNG".into()),
        time: "07:45:12 · 23/11/2026".into(),
        grade: Some("Thẻ căn cước: chip đã xác thực".into()),
        code: Some("TD1-9F3K-27QX-M4TB".into()),
        code_text: Some("9F3K-27QX".into()),
        kiosk: "KIOSK-01".into(),
        ..Face::default()
    }
}

/// All texts of a page with the boxes that their letters fill.
fn texts(group: &usvg::Group, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(inner) => texts(inner, found),
            Node::Text(text) => {
                let said = text.chunks().iter().map(usvg::TextChunk::text).collect();
                found.push((said, text.flattened().abs_bounding_box()));
            }
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

fn page(svg: &str, face: &Face) -> (Vec<(String, Rect)>, u32) {
    let sheet = Sheet::read(svg).expect("template");
    let (tree, height) = sheet.tree(&face.fields()).expect("page");
    let mut found = Vec::new();
    texts(tree.root(), &mut found);
    (found, height)
}

#[test]
fn the_builtin_templates_pass_the_check_that_a_hospitals_must_pass() {
    for svg in [WIDE, NARROW] {
        Template::parse(svg).expect("accepted");
    }
}

#[test]
fn no_two_texts_of_the_builtin_templates_touch_even_with_the_longest_names() {
    let mut faces = check::faces();
    faces.push(usual());
    for svg in [WIDE, NARROW] {
        for face in &faces {
            let (found, _) = page(svg, face);
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
fn the_number_stands_at_least_150_dots_high_on_wide_paper_whatever_its_length() {
    for number in ["A1", "A012", "A1000", "WW9999"] {
        let face = Face {
            number: number.into(),
            ..usual()
        };
        for (svg, least) in [(WIDE, 150.0), (NARROW, 100.0)] {
            let (found, _) = page(svg, &face);
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
    let (_, full) = page(WIDE, &usual());
    let light = Face {
        code: None,
        ..usual()
    };
    let (found, _) = page(WIDE, &light);
    assert!(
        found.iter().any(|(said, _)| said.starts_with("Lỡ lượt")),
        "the advice stays without a code"
    );
    for lighter in [
        Face {
            priority: None,
            ..usual()
        },
        Face {
            name: None,
            ..usual()
        },
        Face {
            code: None,
            ..usual()
        },
        Face {
            facility: Some(String::new()),
            ..usual()
        },
    ] {
        let (_, height) = page(WIDE, &lighter);
        assert!(height < full, "{height} of {full}");
    }
    for heavier in [
        Face {
            trial: true,
            ..usual()
        },
        Face {
            reprint: 1,
            ..usual()
        },
        Face {
            hospital: Face::longest().hospital,
            ..usual()
        },
    ] {
        let (_, height) = page(WIDE, &heavier);
        assert!(height > full, "{height} of {full}");
    }
}

#[test]
fn every_field_reaches_the_paper() {
    let face = Face {
        trial: true,
        reprint: 3,
        ..usual()
    };
    for svg in [WIDE, NARROW] {
        let (found, _) = page(svg, &face);
        // Wrapped lines lose the space between them.
        let all: String = found
            .iter()
            .map(|(said, _)| said.replace(' ', "") + "\n")
            .collect();
        for words in [
            "Bệnh viện Đa khoa tỉnh Lạng Sơn",
            "20001",
            "A012",
            "Khám Nội tổng hợp",
            "General internal medicine",
            "Phòng 101, tầng 1, nhà A",
            "ƯU TIÊN",
            "75 tuổi",
            "12",
            "NGUYỄN T. H. PHƯỢNG",
            "07:45:12 · 23/11/2026",
            "chip đã xác thực",
            "9F3K-27QX",
            "KIOSK-01",
            "THỬ",
            "IN LẠI LẦN 3",
            "PHIẾU SỐ THỨ TỰ",
        ] {
            assert!(
                all.contains(&words.replace(' ', "")),
                "{words} is not in:\n{all}"
            );
        }
        let desk = Face {
            desk: true,
            ..face.clone()
        };
        let (found, _) = page(svg, &desk);
        assert!(found.iter().any(|(said, _)| said.contains("QUẦY TIẾP ĐÓN")));
        assert!(
            !found
                .iter()
                .any(|(said, _)| said.contains("PHIẾU SỐ THỨ TỰ"))
        );
    }
}

#[test]
fn a_name_of_loose_marks_prints_like_one_of_whole_letters() {
    use unicode_normalization::UnicodeNormalization as _;
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
        "service",
        "service_english",
        "time",
        "trial",
    ];
    assert!(usual().fields().into_keys().eq(known));
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
    for face in [usual(), Face::longest()] {
        for width in [576, 384] {
            let raster = template.render(&face, width).expect("raster");
            assert_eq!(Some(qr_text(&raster)), face.code, "{width}");
        }
    }
}

#[test]
fn a_template_that_breaks_a_promise_is_refused_and_says_why() {
    let table: [(&str, &str, &str); 9] = [
        ("</svg>", "", "not usable"),
        ("<svg ", "<svg data-x=\"<\" ", "not usable"),
        ("width=\"576\"", "width=\"577\"", "multiple of 8"),
        ("{{place}}", "{{plaec}}", "plaec"),
        ("data-fit=\"552\" data-min=\"32\"", "", "leave the page"),
        (
            "<text x=\"12\" y=\"34\" font-size=\"24\">Họ tên",
            "<text x=\"12\" y=\"34\" font-size=\"12\">Họ tên",
            "12 dots",
        ),
        (
            "</svg>",
            "<image href=\"file:///etc/passwd\" width=\"9\" height=\"9\"/></svg>",
            "<image>",
        ),
        (
            "</svg>",
            "<use href=\"http://127.0.0.1/x.svg#a\"/></svg>",
            "http://127.0.0.1",
        ),
        (
            "</svg>",
            "<rect fill=\"url(file:///x#a)\" width=\"9\" height=\"9\"/></svg>",
            "url(file",
        ),
    ];
    for (from, to, expected) in table {
        assert!(WIDE.contains(from), "{from}");
        let broken = WIDE.replace(from, to);
        let error = Template::parse(&broken)
            .map(|_| ())
            .expect_err(to)
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    let without = WIDE.replace("data-if=\"trial\"", "");
    assert_eq!(
        Template::parse(&without).map(|_| ()),
        Err(TicketError::MissingField("trial"))
    );
    let entity = WIDE.replace(
        "<svg ",
        "<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><svg ",
    );
    assert!(matches!(
        Template::parse(&entity).map(|_| ()),
        Err(TicketError::NotSvg(_))
    ));
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
    assert_eq!(
        template.render(&usual(), 576),
        Err(TicketError::Width {
            have: vec![384],
            want: 576
        })
    );
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

/// Draws the pictures of the documentation: `TIEPDON_PICTURES=DIR cargo test pictures`.
#[test]
fn pictures_for_the_documentation_are_drawn_on_demand() {
    let Some(folder) = std::env::var_os("TIEPDON_PICTURES").map(std::path::PathBuf::from) else {
        return;
    };
    let trial = Face {
        trial: true,
        reprint: 2,
        ..usual()
    };
    let desk = Face {
        desk: true,
        number: "Q007".into(),
        service: "Quầy tiếp đón".into(),
        place: "Sảnh chính, quầy số 1".into(),
        service_english: Some("Reception desk".into()),
        priority: None,
        name: None,
        ..usual()
    };
    let faces = [
        ("ticket", usual()),
        ("longest", Face::longest()),
        ("trial", trial),
        ("desk", desk),
    ];
    for (name, face) in faces {
        for width in [576, 384] {
            let raster = Template::builtin().render(&face, width).expect("raster");
            std::fs::write(folder.join(format!("{name}-{width}.png")), raster.to_png())
                .expect("write");
        }
    }
}
