//! The speeds that buttons and keys go through.

use crate::protocol::Speed;

/// Which speeds the buttons offer, slowest first [simulated s per wall s].
pub const SPEEDS: &[f64] = &[0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0];

/// The speed `steps` further along [`SPEEDS`]; beyond the fastest lies "as fast as possible".
#[must_use]
pub fn speed_beside(speed: Speed, steps: isize) -> Speed {
    let last = SPEEDS.len() as isize;
    let at = match speed {
        Speed::Max => last,
        Speed::Times(times) => SPEEDS.iter().position(|known| *known >= times).map_or(last - 1, |at| at as isize),
    };
    let next = (at + steps).clamp(0, last);
    SPEEDS.get(next as usize).map_or(Speed::Max, |times| Speed::Times(*times))
}
