//! Key agreement on the curves of travel documents (ICAO 9303-11 §9.5 and §9.6), with any base
//! point and with peers that are not trusted. Scalars and field elements are computed with in
//! constant time by the curves' own crates; nothing here branches on a secret.
//!
//! [`Secret`] and [`Point`] are of one curve each. Operations over two curves at once give `None`,
//! as do those that end in the point at infinity.

mod group;
mod integrated;

use bp256::BrainpoolP256r1;
use bp384::BrainpoolP384r1;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use zeroize::Zeroizing;

use super::algorithm::Curve;

pub(super) use integrated::pseudo_random;

/// Fills a buffer from the operating system's source.
pub(super) type Random<'r> = &'r mut dyn FnMut(&mut [u8]);

/// One variant for each curve, and the operations of [`group`] on whichever it is.
macro_rules! curves {
    ($($name:ident: $curve:ty,)*) => {
        /// A secret scalar of one of the curves; wiped when dropped.
        pub(super) enum Secret {
            $($name(group::Secret<$curve>),)*
        }

        /// A public key: a point of one of the curves, never the point at infinity. Wiped when
        /// dropped, for a shared secret is one, too.
        #[derive(Clone, PartialEq, Eq)]
        pub(super) enum Point {
            $($name(group::Point<$curve>),)*
        }

        /// Whether keys can be agreed on this curve.
        pub(super) fn agrees_on(curve: Curve) -> bool {
            match curve {
                $(Curve::$name => true,)*
                Curve::BrainpoolP512r1 => false,
            }
        }

        impl Secret {
            /// Draws a scalar; `None` where the source gives nothing usable.
            pub fn draw(curve: Curve, random: Random<'_>) -> Option<Self> {
                match curve {
                    $(Curve::$name => group::Secret::draw(random).map(Self::$name),)*
                    Curve::BrainpoolP512r1 => None,
                }
            }

            /// The scalar with these bytes, as many as a coordinate has; `None` if it is zero or
            /// not below the curve's order.
            pub fn decode(curve: Curve, bytes: &[u8]) -> Option<Self> {
                match curve {
                    $(Curve::$name => group::Secret::decode(bytes).map(Self::$name),)*
                    Curve::BrainpoolP512r1 => None,
                }
            }

            /// This many times the point: a public key over that base, or the shared secret.
            pub fn multiply(&self, point: &Point) -> Option<Point> {
                match (self, point) {
                    $((Self::$name(secret), Point::$name(point)) => {
                        secret.multiply(point).map(Point::$name)
                    })*
                    _ => None,
                }
            }

            /// The public key over the curve's own generator.
            pub fn public(&self) -> Option<Point> {
                match self {
                    $(Self::$name(secret) => {
                        secret.multiply(&group::Point::generator()).map(Point::$name)
                    })*
                }
            }
        }

        impl Point {
            /// Reads an uncompressed point; off-curve points, other forms and infinity are refused.
            pub fn decode(curve: Curve, bytes: &[u8]) -> Option<Self> {
                match curve {
                    $(Curve::$name => group::Point::decode(bytes).map(Self::$name),)*
                    Curve::BrainpoolP512r1 => None,
                }
            }

            /// `nonce · G`, the nonce as a number of at most as many bytes as a coordinate: the
            /// first half of the generic mapping.
            pub fn of_nonce(curve: Curve, nonce: &[u8]) -> Option<Self> {
                match curve {
                    $(Curve::$name => group::Point::of_nonce(nonce).map(Self::$name),)*
                    Curve::BrainpoolP512r1 => None,
                }
            }

            /// The point that the integrated mapping makes of a long pseudo-random number.
            pub fn of_number(curve: Curve, number: &[u8]) -> Option<Self> {
                match curve {
                    $(Curve::$name => integrated::encode(number).map(Self::$name),)*
                    Curve::BrainpoolP512r1 => None,
                }
            }

            /// The sum of two points.
            pub fn plus(&self, other: &Self) -> Option<Self> {
                match (self, other) {
                    $((Self::$name(a), Self::$name(b)) => a.plus(b).map(Self::$name),)*
                    _ => None,
                }
            }

            /// The uncompressed form.
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(point) => point.encode(),)*
                }
            }

            /// The x coordinate, which is the shared secret.
            pub fn x(&self) -> Zeroizing<Vec<u8>> {
                match self {
                    $(Self::$name(point) => point.x(),)*
                }
            }

            /// Its curve.
            pub fn curve(&self) -> Curve {
                match self {
                    $(Self::$name(_) => Curve::$name,)*
                }
            }
        }
    };
}

curves! {
    P256: NistP256,
    P384: NistP384,
    P521: NistP521,
    BrainpoolP256r1: BrainpoolP256r1,
    BrainpoolP384r1: BrainpoolP384r1,
}

#[cfg(test)]
mod tests;
