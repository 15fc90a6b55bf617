//! A picture made small.

use zeroize::Zeroizing;

use super::Luma;

/// The means of `columns` by `rows` parts of a picture, rows from the top. A picture with fewer
/// pixels than that on a side keeps them: the size comes with it.
pub(super) fn means(
    picture: Luma<'_>,
    columns: usize,
    rows: usize,
) -> (usize, usize, Zeroizing<Vec<u8>>) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (columns, rows) = (columns.clamp(1, width), rows.clamp(1, height));
    let bounds: Vec<(usize, usize)> = (0..columns)
        .map(|x| (x * width / columns, (x + 1) * width / columns))
        .collect();
    let mut means = Zeroizing::new(Vec::with_capacity(columns * rows));
    let mut sums = Zeroizing::new(vec![0u64; columns]);
    for y in 0..rows {
        let (top, bottom) = (y * height / rows, (y + 1) * height / rows);
        sums.fill(0);
        for row in picture.pixels()[top * width..bottom * width].chunks_exact(width) {
            for (sum, (left, right)) in sums.iter_mut().zip(&bounds) {
                // A part of a row has at most 8000 pixels of one byte.
                let part: u32 = row[*left..*right]
                    .iter()
                    .map(|pixel| u32::from(*pixel))
                    .sum();
                *sum += u64::from(part);
            }
        }
        means.extend(sums.iter().zip(&bounds).map(|(sum, (left, right))| {
            let pixels = ((right - left) * (bottom - top)) as u64;
            (sum / pixels) as u8
        }));
    }
    (columns, rows, means)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::means;
    use crate::scan::Luma;

    #[test]
    fn each_part_is_the_mean_of_its_pixels() {
        let pixels = [0, 10, 100, 110, 20, 30, 120, 130];
        let picture = Luma::new(4, 2, &pixels).expect("4 by 2");
        let (columns, rows, parts) = means(picture, 2, 1);
        assert_eq!((columns, rows, &parts[..]), (2, 1, &[15, 115][..]));
        let (columns, rows, parts) = means(picture, 100, 100);
        assert_eq!((columns, rows, &parts[..]), (4, 2, &pixels[..]));
    }

    proptest! {
        #[test]
        fn an_even_picture_stays_even_whatever_its_size(
            width in 1u32..200, height in 1u32..100, grey: u8, columns in 0usize..90, rows in 0usize..50,
        ) {
            let pixels = vec![grey; (width * height) as usize];
            let picture = Luma::new(width, height, &pixels).expect("a picture");
            let (columns, rows, parts) = means(picture, columns, rows);
            prop_assert_eq!(parts.len(), columns * rows);
            prop_assert!(parts.iter().all(|part| *part == grey));
        }
    }
}
