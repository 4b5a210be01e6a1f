//! Whether a port speaks TLS: the beginning of a handshake, which is never finished.

use crate::spoken::shown;
use crate::talk::Talk;
use crate::{Fault, Greeting, Spoken};

/// A record's type, version and length.
const RECORD: usize = 5;

/// Tells that the port speaks TLS.
pub fn greet(mut talk: Talk) -> Result<Greeting, Fault> {
    let layer = talk.layer();
    talk.send(&client_hello())?;
    let first = talk.await_first().and_then(|()| talk.peek(RECORD).map(<[u8]>::to_vec));
    match first {
        Err(Fault::OtherProtocol { spoken: Spoken::Tls, .. }) => {
            Ok(Greeting::of("TLS", None, None, &[format!("behind which {layer} was not asked")]))
        }
        Err(Fault::OtherProtocol { layer, spoken, said }) => Err(Fault::OtherProtocol { layer, spoken, said }),
        // Whatever its words are, TLS begins otherwise.
        Ok(said) if Spoken::recognised(&said).is_some_and(|spoken| spoken.is_of(layer)) => Err(Fault::NoTls(layer)),
        Ok(said) => Err(Fault::Strange { layer, detail: format!("TLS does not begin with {:?}", shown(&said)) }),
        Err(fault) => Err(fault),
    }
}

/// Whether the port speaks TLS.
pub fn answers(talk: Talk) -> bool {
    greet(talk).is_ok()
}

/// The first message of TLS 1.0 to 1.2, with common cipher suites, so that a server has something to choose from; an
/// alert would do as well.
fn client_hello() -> Vec<u8> {
    const SUITES: [u16; 8] = [0xc02f, 0xc030, 0xc02b, 0xc02c, 0xc013, 0xc014, 0x009c, 0x002f];
    let mut body = vec![3, 3];
    // The 32 random bytes: no secret will ever come of them.
    body.extend_from_slice(&[0x5a; 32]);
    // No session.
    body.push(0);
    body.extend_from_slice(&[0, 16]);
    body.extend(SUITES.iter().flat_map(|suite| suite.to_be_bytes()));
    // No compression.
    body.extend_from_slice(&[1, 0]);
    // A record of a handshake, with one message; both lengths fit into a byte.
    let length = u8::try_from(body.len()).unwrap_or(0);
    let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.append(&mut body);
    record
}
