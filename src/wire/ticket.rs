//! The reconnect ticket: proof of an earlier admission (wire/01 section 4, wire/05 section 4.4).
//!
//! In: 72 bytes, decrypted. Out: whose place they claim, and the keys of the connection on which that place was given; or the other
//! way round. It is a credential: no part of it may reach a log.

use super::cipher::KeyMaterial;

/// A ticket.
#[derive(Clone)]
pub struct Ticket {
    /// What was admitted.
    pub kind: TicketKind,
    /// The ssrc in a meeting, the playback_id in a playback.
    pub id: i32,
    /// Meeting or playback number.
    pub session_index: i32,
    /// Key and IV of the control connection on which the client was last admitted.
    pub keys: KeyMaterial,
}

/// What a ticket leads back into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketKind {
    /// 0
    Meeting,
    /// 1
    Playback,
}

impl Ticket {
    /// `None` where the first number is neither 0 nor 1.
    pub fn from_bytes(bytes: &[u8; 72]) -> Option<Ticket> {
        let mut rest = &bytes[..];
        let kind = match i32::from_be_bytes(take(&mut rest)?) {
            0 => TicketKind::Meeting,
            1 => TicketKind::Playback,
            _ => return None,
        };
        let (id, session_index) = (i32::from_be_bytes(take(&mut rest)?), i32::from_be_bytes(take(&mut rest)?));
        Some(Ticket { kind, id, session_index, keys: KeyMaterial::from_parts(take(&mut rest)?, take(&mut rest)?) })
    }

    /// The 72 bytes in clear.
    pub fn to_bytes(&self) -> [u8; 72] {
        let kind: i32 = match self.kind {
            TicketKind::Meeting => 0,
            TicketKind::Playback => 1,
        };
        let mut bytes = [0; 72];
        bytes[..4].copy_from_slice(&kind.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.id.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.session_index.to_be_bytes());
        bytes[12..52].copy_from_slice(self.keys.key());
        bytes[52..].copy_from_slice(self.keys.iv());
        bytes
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ticket({:?} {}, id {}, ..)", self.kind, self.session_index, self.id)
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_laid_out_as_the_specification_has_it_and_reads_back() {
        let keys = KeyMaterial::from_parts([7; 40], [9; 20]);
        let ticket = Ticket { kind: TicketKind::Playback, id: 3, session_index: 77, keys };
        let bytes = ticket.to_bytes();
        assert_eq!(bytes[..12], [0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 77]);
        assert_eq!((bytes[12], bytes[51], bytes[52], bytes[71]), (7, 7, 9, 9));
        let read = Ticket::from_bytes(&bytes).unwrap();
        assert!(
            read.kind == ticket.kind && read.id == 3 && read.session_index == 77 && read.keys.same_as(&ticket.keys)
        );
        assert!(Ticket::from_bytes(&[2; 72]).is_none());
        assert_eq!(format!("{ticket:?}"), "Ticket(Playback 77, id 3, ..)");
    }
}
