//! The names of the checks of a layer.

use edx_layout::Layer;

/// `mysql.place` and so on.
pub struct Names {
    /// Where the data is.
    pub place: &'static str,
    /// Who can reach the server.
    pub address: &'static str,
    /// Whether the server answers.
    pub answers: &'static str,
    /// Whether the next upgrade keeps it.
    pub recorded: &'static str,
}

macro_rules! names {
    ($layer:literal) => {
        Names {
            place: concat!($layer, ".place"),
            address: concat!($layer, ".address"),
            answers: concat!($layer, ".answers"),
            recorded: concat!($layer, ".recorded"),
        }
    };
}

/// The names for a layer, which begin with [`Layer::name`].
pub const fn names(layer: Layer) -> Names {
    match layer {
        Layer::MySql => names!("mysql"),
        Layer::MongoDb => names!("mongodb"),
        Layer::Memcached => names!("memcached"),
        Layer::Redis => names!("redis"),
        Layer::RabbitMq => names!("rabbitmq"),
        Layer::Elasticsearch => names!("elasticsearch"),
        Layer::Files => names!("files"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_check_begins_with_its_layer() {
        for layer in Layer::ALL {
            let Names { place, address, answers, recorded } = names(layer);
            for name in [place, address, answers, recorded] {
                assert_eq!(name.split_once('.').unwrap().0, layer.name());
            }
        }
    }
}
