//! ONC RPC messages (RFC 5531 section 9), with or without the record mark of TCP (section 11).

use crate::cursor::{Cursor, require};
use crate::inspect::Reject;

/// The port mapper's program number (RFC 1833 section 3).
pub(crate) const PORTMAP: u32 = 100_000;
/// NFS' (RFC 1813 section 2, RFC 8881 section 22).
pub(crate) const NFS: u32 = 100_003;

/// A message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) xid: u32,
    pub(crate) body: Body<'a>,
    /// Whether all of it is here.
    pub(crate) whole: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    Call(Call<'a>),
    /// The results of a call that went well; empty of one that did not.
    Reply(&'a [u8]),
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) program: u32,
    pub(crate) version: u32,
    pub(crate) procedure: u32,
    /// The machine's name in AUTH_SYS credentials (appendix A).
    pub(crate) machine: Option<&'a [u8]>,
    /// What the procedure is given.
    pub(crate) arguments: &'a [u8],
}

/// Longest credentials or verifier (section 8.2).
const MAX_AUTH: u32 = 400;
/// Highest flavour below those that are someone's own (IANA "RPC Authentication Numbers"): RPCSEC_GSS and TLS.
const MAX_FLAVOUR: u32 = 7;
/// Flavours from 200000 on are registered to single products, those from 300000 on to pseudo-flavours.
const OWN_FLAVOURS: std::ops::RangeInclusive<u32> = 200_000..=400_000;
/// The lowest program number that was ever given out, the port mapper's (IANA "RPC Program Numbers").
const MIN_PROGRAM: u32 = PORTMAP;
/// Highest program number below those reserved (RFC 5531 section 13.2).
const MAX_PROGRAM: u32 = 0x7fff_ffff;
/// Highest version and procedure that any known program has.
const MAX_VERSION: u32 = 64;
const MAX_PROCEDURE: u32 = 1024;
/// Longest record that is believed, in bytes: NFS transfers up to 1 MiB at a time.
const MAX_RECORD: u32 = 1 << 21;

/// Reads the next record of a stream: the message that its fragment begins.
pub(crate) fn record<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, Reject> {
    let mark = cursor.u32()?;
    let len = mark & 0x7fff_ffff;
    require((24..=MAX_RECORD).contains(&len))?;
    message(cursor.within(len as usize)?)
}

/// Reads a message that has to fill `cursor`.
pub(crate) fn message(mut cursor: Cursor<'_>) -> Result<Message<'_>, Reject> {
    let whole = !cursor.is_open();
    // Everything is made of 32-bit words (RFC 4506 section 3).
    require(cursor.is_open() || cursor.len().is_multiple_of(4))?;
    let xid = cursor.u32()?;
    let body = match cursor.u32()? {
        0 => Body::Call(call(&mut cursor)?),
        1 => Body::Reply(reply(&mut cursor)?),
        _ => return Err(Reject::Mismatch),
    };
    Ok(Message { xid, body, whole })
}

fn call<'a>(cursor: &mut Cursor<'a>) -> Result<Call<'a>, Reject> {
    require(cursor.u32()? == 2)?;
    let (program, version, procedure) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    require((MIN_PROGRAM..=MAX_PROGRAM).contains(&program) && version <= MAX_VERSION && procedure <= MAX_PROCEDURE)?;
    let (flavour, credentials) = auth(cursor)?;
    auth(cursor)?;
    let machine = if flavour == 1 { machine(Cursor::closed(credentials)).ok() } else { None };
    Ok(Call { program, version, procedure, machine, arguments: cursor.rest() })
}

/// A flavour and its bytes.
fn auth<'a>(cursor: &mut Cursor<'a>) -> Result<(u32, &'a [u8]), Reject> {
    let (flavour, len) = (cursor.u32()?, cursor.u32()?);
    require(flavour <= MAX_FLAVOUR || OWN_FLAVOURS.contains(&flavour))?;
    require(len <= MAX_AUTH)?;
    // No authentication has nothing to say.
    require(flavour != 0 || len == 0)?;
    Ok((flavour, cursor.take(len.next_multiple_of(4) as usize)?))
}

fn machine(mut credentials: Cursor<'_>) -> Result<&[u8], Reject> {
    credentials.skip(4)?;
    let len = credentials.u32()?;
    require(len <= 255)?;
    credentials.take(len as usize)
}

fn reply<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reject> {
    match cursor.u32()? {
        0 => {
            auth(cursor)?;
            match cursor.u32()? {
                0 => Ok(cursor.rest()),
                // The versions that exist.
                2 => cursor.skip(8).map(|()| &[][..]),
                1 | 3..=5 => Ok(&[]),
                _ => Err(Reject::Mismatch),
            }
        }
        1 => {
            match cursor.u32()? {
                0 => cursor.skip(8)?,
                1 => require(cursor.u32()? <= 14)?,
                _ => return Err(Reject::Mismatch),
            }
            cursor.end().map(|()| &[][..])
        }
        _ => Err(Reject::Mismatch),
    }
}

/// A program's name (IANA "RPC Program Numbers"), or its number.
pub(crate) fn program(number: u32) -> String {
    let name = match number {
        PORTMAP => "portmap",
        100_001 => "rstatd",
        100_002 => "rusersd",
        NFS => "nfs",
        100_004 => "ypserv",
        100_005 => "mount",
        100_007 => "ypbind",
        100_008 => "walld",
        100_009 => "yppasswdd",
        100_011 => "rquotad",
        100_012 => "sprayd",
        100_021 => "nlockmgr",
        100_024 => "status",
        100_026 => "bootparam",
        100_028 => "ypupdated",
        100_068 => "cmsd",
        100_069 => "ypxfrd",
        100_083 => "ttdbserverd",
        100_133 => "nsm_addrand",
        100_227 => "nfs_acl",
        100_232 => "sadmind",
        100_300 => "nisd",
        150_001 => "pcnfsd",
        300_019 => "amd",
        300_598 => "dmispd",
        395_183 => "vxi11core",
        391_002 => "sgi_fam",
        0x4000_0000 => "nfs_callback",
        _ => return number.to_string(),
    };
    name.to_owned()
}
