//! zbar reads the code of a ticket's picture, Tesseract its text.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};

use tiepdon::identity::{VisitCode, VisitKey};
use tiepdon::queue::WaitRange;
use tiepdon::ticket::{Face, PageSize, Raster, Second, Stop, Template};
use tiepdon::words::{Language, Text, text};
use uuid::Uuid;

use crate::distance::{letters, nearest};

/// Of a hundred letters at most one is read wrong.
const ERRORS_MAX: f64 = 0.01;

const HOSPITALS: [&str; 6] = [
    "Bệnh viện Đa khoa tỉnh Lạng Sơn",
    "Bệnh viện Phục hồi chức năng Trung ương",
    "Trung tâm Y tế huyện Vị Xuyên",
    "Trạm Y tế xã Hữu Kiên",
    "Bệnh viện Tai Mũi Họng Thành phố",
    "Bệnh viện Phụ sản và Nhi Quỹ Nhất",
];
const SERVICES: [(&str, &str); 6] = [
    ("Khám Nội tổng hợp", "General internal medicine"),
    ("Khám Răng Hàm Mặt", "Teeth, jaw and face"),
    ("Phẫu thuật chỉnh hình", "Orthopaedic surgery"),
    ("Khám Mắt", "Eyes"),
    ("Tiêm chủng mở rộng", "Vaccination"),
    ("Khám Da liễu và Dị ứng", "Skin and allergies"),
];
const PLACES: [&str; 6] = [
    "Phòng 101, tầng 1, nhà A",
    "Phòng 7",
    "Phòng khám số 12, tầng trệt, khu B",
    "Buồng 305, tầng 3, nhà kỹ thuật",
    "Quầy 2, sảnh chính",
    "Phòng 214, tầng 2 (cạnh nhà thuốc)",
];
const NAMES: [&str; 6] = [
    "NGUYỄN T. H. PHƯỢNG",
    "ĐẶNG Q. ẨN",
    "LÒ V. TỬ",
    "HUỲNH N. MỸ",
    "VÕ T. Ở",
    "QUÁCH Đ. THUẬN",
];
const PRIORITIES: [Text; 3] = [
    Text::TicketPriorityElderly,
    Text::TicketPriorityChild,
    Text::TicketPriorityDisabled,
];

/// The `at`th ticket of the set.
fn face(at: usize) -> Face {
    let one = |list: &[&str], step: usize| list[(at * step + step) % list.len()].to_owned();
    let (service, english) = SERVICES[(at * 5 + 1) % SERVICES.len()];
    let number = match at % 4 {
        3 => format!("K{}-B{:03}", at % 9 + 1, at * 37 % 800 + 112),
        _ => format!("{}{:03}", ["A", "B", "KB"][at % 3], at * 61 % 800 + 112),
    };
    let priority = at
        .is_multiple_of(2)
        .then(|| PRIORITIES[at / 2 % PRIORITIES.len()]);
    let face = Face {
        hospital: one(&HOSPITALS, 1),
        facility: Some(format!("Mã cơ sở KCB: {:05}", at * 1733 % 99_999)),
        number,
        service: service.to_owned(),
        place: one(&PLACES, 1),
        stops: (at % 3 == 1)
            .then(|| Stop {
                service: "Thu ngân".into(),
                place: one(&PLACES, 5),
            })
            .into_iter()
            .collect(),
        priority: priority.map(|key| text(Language::Vi, key).to_owned()),
        ahead: Some((at * 7 % 90) as u32),
        wait: Some(WaitRange {
            from: at as u32 * 5,
            to: Some(at as u32 * 5 + 20),
        }),
        name: Some(one(&NAMES, 1)),
        time: format!("{:02}:{:02}:12 · 23/11/2026", 5 + at % 12, at * 17 % 60),
        grade: Some(text(Language::Vi, Text::TicketGradeSigned).to_owned()),
        kiosk: format!("K{}", at % 9 + 1),
        second: (at % 3 == 2).then(|| Second {
            language: Language::En,
            service: english.to_owned(),
            priority: priority.map(|key| text(Language::En, key).to_owned()),
        }),
        ..Face::default()
    };
    face.signed(Uuid::from_u128(at as u128 * 0x1234_5678_9ABC_DEF0), &key())
}

fn key() -> VisitKey {
    VisitKey::derive(b"a key for tests")
}

/// What must be read, line by line.
fn said(face: &Face) -> Vec<String> {
    let mut lines = vec![
        face.hospital.clone(),
        face.facility.clone().unwrap_or_default(),
        "PHIẾU SỐ THỨ TỰ".to_owned(),
        face.service.clone(),
        "Chờ trước bạn".to_owned(),
        format!("{} người", face.ahead.unwrap_or_default()),
        "Dự kiến chờ".to_owned(),
        "Họ tên".to_owned(),
        face.name.clone().unwrap_or_default(),
        "Mã lượt khám".to_owned(),
        face.code_text.clone().unwrap_or_default(),
        face.grade.clone().unwrap_or_default(),
        "Lỡ lượt: báo nhân viên, không cần lấy số mới.".to_owned(),
        "Giữ phiếu đến khi khám xong.".to_owned(),
    ];
    if let Some(wait) = face.wait {
        let most = wait.to.expect("each of the set has one");
        lines.push(format!("{}–{most} phút", wait.from));
    }
    lines.extend(
        face.priority
            .as_ref()
            .map(|class| format!("ƯU TIÊN · {class}")),
    );
    for stop in &face.stops {
        lines.extend([stop.service.clone(), stop.place.clone()]);
    }
    if let Some(second) = &face.second {
        lines.push(second.service.clone());
        for key in [Text::TicketTitle, Text::TicketAhead, Text::TicketMissed] {
            lines.push(text(second.language, key).to_owned());
        }
    }
    lines
}

/// Runs a program that reads a picture; `None` where it is not installed.
fn run(program: &str, arguments: &[&str], picture: &Path) -> Option<Output> {
    let picture = picture.to_str().expect("a path in UTF-8");
    let arguments = arguments
        .iter()
        .map(|a| if *a == "FILE" { picture } else { a });
    // One thread each: the tests beside it want the others.
    let one = ("OMP_THREAD_LIMIT", "1");
    match Command::new(program)
        .args(arguments)
        .env(one.0, one.1)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: {program} is not installed; .ci/setup test installs it");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

/// The pictures of the set, of every ticket on every paper.
fn pictures() -> Vec<(String, Face, Raster)> {
    let template = Template::builtin();
    let mut all = Vec::new();
    for at in 0..6 {
        let face = face(at);
        for width in [576, 384] {
            let raster = template.render(&face, width).expect("a ticket");
            all.push((format!("{at}-{width}"), face.clone(), raster));
        }
        if at < 2 {
            let page = template.render_page(&face, PageSize::A6, 203);
            let raster = page.expect("a page").raster;
            all.push((format!("{at}-A6"), face, raster));
        }
    }
    all
}

#[test]
fn zbar_reads_the_code_of_every_ticket() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, face, raster) in pictures() {
        let file = folder.path().join(format!("{name}.png"));
        std::fs::write(&file, raster.to_png()).expect("written");
        let Some(output) = run("zbarimg", &["--raw", "-q", "FILE"], &file) else {
            return;
        };
        let read = String::from_utf8_lossy(&output.stdout);
        assert_eq!(Some(read.trim()), face.code.as_deref(), "{name}");
        let code = VisitCode::parse(read.trim()).expect("a visit code");
        assert!(code.verify(&key()).is_some(), "{name}");
    }
}

/// What Tesseract reads of a picture; `None` where it, or its Vietnamese, is not installed.
fn tesseract(picture: &Path, languages: &str, mode: &str) -> Option<String> {
    let arguments = ["FILE", "-", "-l", languages, "--dpi", "203", "--psm", mode];
    let output = run("tesseract", &arguments, picture)?;
    if output.status.success() {
        return Some(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("language"), "{why}");
    eprintln!("skipped: Tesseract lacks {languages}; .ci/setup test installs tesseract-ocr-vie");
    None
}

/// The letters of a text, with signs that look alike as one: dashes and dots in the middle of a line
/// are a few dots each, and the capital Đ has the shape of the Icelandic Ð.
fn alike(text: &str) -> Vec<char> {
    let alike = |letter: char| match letter {
        '–' | '—' | '·' | '•' => '-',
        'Ð' => 'Đ',
        other => other,
    };
    letters(text).into_iter().map(alike).collect()
}

#[test]
fn tesseract_reads_the_words_of_every_ticket() {
    let folder = tempfile::tempdir().expect("a folder");
    // By width: letters that were read wrong, and all.
    let mut read_wrong: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    let rolls = pictures()
        .into_iter()
        .filter(|(name, _, _)| !name.ends_with("A6"));
    for (name, face, raster) in rolls {
        let file = folder.path().join(format!("{name}.png"));
        std::fs::write(&file, raster.to_png()).expect("written");
        let Some(read) = tesseract(&file, "vie", "6") else {
            return;
        };
        let found = alike(&read);
        for line in said(&face) {
            let wanted = alike(&line);
            let (cost, _) = nearest(&wanted, &found);
            let (wrong, all) = read_wrong.entry(raster.width).or_default();
            (*wrong, *all) = (*wrong + cost as u32, *all + wanted.len() as u32);
            if cost > 0 {
                eprintln!("{name}: {cost} of \"{line}\"");
            }
        }
        // Where to go must be right to the last letter. It is set in large letters, which Tesseract
        // reads better at half their size.
        std::fs::write(&file, smaller(&raster, 2)).expect("written");
        let Some(half) = tesseract(&file, "vie", "6") else {
            return;
        };
        let there = [&found, &alike(&half)].map(|read| nearest(&alike(&face.place), read).0);
        assert!(
            there.contains(&0),
            "{name}: \"{}\" in\n{read}\n{half}",
            face.place
        );
        // Letters as high as those of the number are a drawing to Tesseract: it gets them smaller.
        std::fs::write(&file, smaller(&raster, 3)).expect("written");
        let Some(read) = tesseract(&file, "eng", "11") else {
            return;
        };
        let whole = read.lines().any(|line| alike(line) == alike(&face.number));
        assert!(whole, "{name}: {} in\n{read}", face.number);
    }
    for (width, (wrong, all)) in read_wrong {
        let errors = f64::from(wrong) / f64::from(all);
        eprintln!(
            "{width} dots: {wrong} of {all} letters wrong: {:.2} %",
            errors * 100.0
        );
        assert!(errors <= ERRORS_MAX, "{width} dots: {wrong} of {all}");
    }
}

/// The picture so many times smaller, in grey, as a PNG.
fn smaller(raster: &Raster, times: u32) -> Vec<u8> {
    let (width, height) = (raster.width / times, raster.height / times);
    let grey = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let grey = grey.map(|(x, y)| {
        let dots = (0..times * times)
            .filter(|dot| raster.is_black(times * x + dot % times, times * y + dot / times));
        255 - (dots.count() as u32 * 255 / (times * times)) as u8
    });
    let grey: Vec<u8> = grey.collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&grey).expect("a picture");
    writer.finish().expect("an end");
    file
}
