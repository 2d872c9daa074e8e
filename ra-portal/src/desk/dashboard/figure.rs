//! Figures as the server draws them: where each mark lies, in the units of its drawing. Colours and sizes of letters are
//! the stylesheet's.

use policy::scope::City;

use crate::language::Language;
use crate::page::grouped;
use crate::wording::{fill, phrase};

/// Width of every drawing.
const WIDTH: u64 = 700;
/// Height of the columns.
const HEIGHT: u64 = 200;
/// Above the columns: the largest number.
const TOP: u64 = 34;

/// A city of the tile map.
pub(in crate::desk) struct Tile {
    pub(in crate::desk) code: &'static str,
    pub(in crate::desk) name: String,
    pub(in crate::desk) number: String,
    /// Name and number in words.
    pub(in crate::desk) label: String,
    /// 0 for none, then 1 to 5.
    pub(in crate::desk) shade: u64,
    pub(in crate::desk) x: u64,
    pub(in crate::desk) y: u64,
}

/// Size of a tile with its gap.
const TILE: (u64, u64) = (100, 84);

/// Row and column of each city: neighbours stay neighbours, borders are nobody's claim.
const PLACES: [(&str, u64, u64); 17] = [
    ("371400", 0, 1),
    ("371600", 0, 2),
    ("370500", 0, 3),
    ("370600", 0, 5),
    ("371000", 0, 6),
    ("371500", 1, 0),
    ("370100", 1, 1),
    ("370300", 1, 2),
    ("370700", 1, 3),
    ("370200", 1, 5),
    ("370900", 2, 1),
    ("371200", 2, 2),
    ("371100", 2, 4),
    ("371700", 3, 0),
    ("370800", 3, 1),
    ("370400", 3, 2),
    ("371300", 3, 3),
];

impl Tile {
    /// None for a city without a place on the map.
    pub(super) fn new(
        city: &'static City,
        number: u64,
        largest: u64,
        language: Language,
    ) -> Option<Self> {
        let (_, row, column) = PLACES.iter().find(|(code, ..)| *code == city.code)?;
        let zh = city.zh.strip_suffix('市').unwrap_or(city.zh);
        let label = fill(phrase(language, "dash.tile"), |place| match place {
            "city" => Some(language.pick(city.zh, city.en).into()),
            "n" => Some(grouped(number).into()),
            _ => None,
        });
        Some(Self {
            code: city.code,
            name: language.pick(zh, city.en).to_owned(),
            number: grouped(number),
            label,
            shade: (number * 5).div_ceil(largest.max(1)).min(5),
            x: column * TILE.0,
            y: row * TILE.1,
        })
    }
}

/// Bars with a name each, one below the other.
pub(in crate::desk) struct Bars {
    pub(in crate::desk) height: u64,
    pub(in crate::desk) bars: Vec<Bar>,
}

/// One of them.
pub(in crate::desk) struct Bar {
    pub(in crate::desk) name: String,
    pub(in crate::desk) number: String,
    /// Line of the name.
    pub(in crate::desk) base: u64,
    pub(in crate::desk) y: u64,
    pub(in crate::desk) width: u64,
}

/// Height of a bar with its name.
const BAR: u64 = 62;

impl Bars {
    pub(super) fn new(numbers: impl Iterator<Item = (String, u64)> + Clone) -> Self {
        let largest = numbers.clone().map(|(_, number)| number).max();
        let largest = largest.unwrap_or_default().max(1);
        let bars = (0..).zip(numbers).map(|(at, (name, number))| Bar {
            name,
            number: grouped(number),
            base: at * BAR + 26,
            y: at * BAR + 34,
            width: (number * WIDTH).div_ceil(largest),
        });
        let bars: Vec<Bar> = bars.collect();
        Self {
            height: bars.len() as u64 * BAR,
            bars,
        }
    }
}

/// Columns over time.
pub(in crate::desk) struct Columns {
    /// The number at the top of the drawing.
    pub(in crate::desk) largest: String,
    pub(in crate::desk) columns: Vec<Column>,
    /// Where labels stand, and what they say.
    pub(in crate::desk) labels: Vec<(u64, String)>,
}

/// One of them.
pub(in crate::desk) struct Column {
    /// `first` or `second`: which of two numbers.
    pub(in crate::desk) class: &'static str,
    pub(in crate::desk) x: u64,
    pub(in crate::desk) y: u64,
    pub(in crate::desk) width: u64,
    pub(in crate::desk) height: u64,
}

const CLASSES: [&str; 2] = ["first", "second"];

impl Columns {
    /// Two numbers beside each other.
    pub(super) fn beside(
        labels: &[String],
        numbers: impl Iterator<Item = [u64; 2]> + Clone,
    ) -> Self {
        let largest = numbers.clone().flatten().max().unwrap_or_default();
        let step = WIDTH / (numbers.clone().count() as u64).max(1);
        let half = step * 2 / 5;
        let columns = (0..).zip(numbers).flat_map(|(at, pair)| {
            (0..)
                .zip(pair)
                .zip(CLASSES)
                .map(move |((side, number), class)| {
                    let x = at * step + step / 10 + side * half;
                    column(class, x, half, 0, number, largest)
                })
        });
        Self::of(largest, columns, step, labels.iter().cloned())
    }

    /// Two numbers on top of each other.
    pub(super) fn stacked(
        labels: &[String],
        numbers: impl Iterator<Item = [u64; 2]> + Clone,
    ) -> Self {
        let largest = numbers
            .clone()
            .map(|[a, b]| a + b)
            .max()
            .unwrap_or_default();
        let step = WIDTH / (numbers.clone().count() as u64).max(1);
        let columns = (0..).zip(numbers).flat_map(|(at, [low, high])| {
            let (x, width) = (at * step + step / 10, step * 4 / 5);
            [
                column(CLASSES[0], x, width, 0, low, largest),
                column(CLASSES[1], x, width, low, high, largest),
            ]
        });
        Self::of(largest, columns, step, labels.iter().cloned())
    }

    /// One number each.
    pub(super) fn single(
        labels: impl Iterator<Item = String>,
        numbers: impl Iterator<Item = u64> + Clone,
    ) -> Self {
        let largest = numbers.clone().max().unwrap_or_default();
        let step = WIDTH / (numbers.clone().count() as u64).max(1);
        let columns = (0..).zip(numbers).map(|(at, number)| {
            let (x, width) = (at * step + step / 10, step * 4 / 5);
            column(CLASSES[0], x, width, 0, number, largest)
        });
        // Dates are twice as long as the months' numbers.
        Self::of(largest, columns, step, labels).every_other()
    }

    fn of(
        largest: u64,
        columns: impl Iterator<Item = Option<Column>>,
        step: u64,
        labels: impl Iterator<Item = String>,
    ) -> Self {
        let places = (0..WIDTH / step.max(1)).map(|at| at * step + step / 2);
        Self {
            largest: grouped(largest),
            columns: columns.flatten().collect(),
            labels: places.zip(labels).collect(),
        }
    }

    fn every_other(mut self) -> Self {
        self.labels = self.labels.into_iter().step_by(2).collect();
        self
    }
}

/// A column that stands on `below`; nothing for nothing, and never less than can be seen.
fn column(
    class: &'static str,
    x: u64,
    width: u64,
    below: u64,
    number: u64,
    largest: u64,
) -> Option<Column> {
    let scaled = |number: u64| (number * HEIGHT).div_ceil(largest.max(1));
    let height = scaled(below + number).saturating_sub(scaled(below)).max(2);
    (number > 0).then(|| Column {
        class,
        x,
        y: (TOP + HEIGHT)
            .saturating_sub(scaled(below))
            .saturating_sub(height),
        width,
        height,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use policy::scope::CITIES;

    use super::*;

    #[test]
    fn every_city_has_a_tile_of_its_own() {
        let tiles = CITIES
            .iter()
            .map(|city| Tile::new(city, 1, 5, Language::Chinese).unwrap());
        let places: BTreeSet<_> = tiles.map(|tile| (tile.x, tile.y)).collect();
        assert_eq!(places.len(), CITIES.len());
        assert!(places.iter().all(|(x, y)| *x < WIDTH && *y < 4 * TILE.1));
    }

    #[test]
    fn shades_say_nothing_little_and_most() {
        let shade = |number, largest| {
            Tile::new(&CITIES[0], number, largest, Language::English)
                .unwrap()
                .shade
        };
        assert_eq!([shade(0, 0), shade(0, 100), shade(1, 100)], [0, 0, 1]);
        assert_eq!([shade(20, 100), shade(21, 100), shade(100, 100)], [1, 2, 5]);
    }

    #[test]
    fn columns_stand_on_their_line_and_none_is_lost() {
        let labels: Vec<String> = ["1", "2", "3"].map(str::to_owned).into();
        let bottom = |column: &Column| column.y + column.height;
        let beside = Columns::beside(&labels, [[0, 0], [100_000, 1], [50_000, 0]].into_iter());
        assert_eq!(beside.columns.len(), 3, "nothing has no column");
        assert!(
            beside
                .columns
                .iter()
                .all(|column| bottom(column) == TOP + HEIGHT)
        );
        assert_eq!(beside.columns[0].height, HEIGHT);
        assert_eq!(beside.columns[1].height, 2, "one of many is still seen");
        assert_eq!(
            (beside.largest.as_str(), beside.labels.len()),
            ("100,000", 3)
        );
        let stacked = Columns::stacked(&labels, [[3, 1], [0, 0], [1, 0]].into_iter());
        assert_eq!(
            stacked.columns[1].y + stacked.columns[1].height,
            stacked.columns[0].y
        );
        assert_eq!(stacked.columns[1].y, TOP);
        let empty = Columns::single(labels.into_iter(), std::iter::empty());
        assert!(empty.columns.is_empty());
    }

    #[test]
    fn the_longest_bar_is_as_wide_as_the_drawing() {
        let bars = Bars::new([("甲".to_owned(), 40), ("乙".to_owned(), 1)].into_iter());
        assert_eq!(bars.bars[0].width, WIDTH);
        assert_eq!(bars.bars[1].width, 18);
        assert_eq!(bars.height, 2 * BAR);
        assert_eq!(Bars::new(std::iter::empty()).height, 0);
    }
}
