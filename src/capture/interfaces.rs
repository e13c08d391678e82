//! Which network interfaces there are to capture on, and which of them is meant when none is named.

use super::CaptureError;
use super::filter::reason;
use pcap::Device;
use std::fs;
use std::net::IpAddr;

/// A network interface, or another thing that libpcap captures on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "five facts that do not depend on each other")]
pub struct NetworkInterface {
    /// Its name, as `-i` takes it.
    pub name: String,
    /// What libpcap says it is, where it says anything.
    pub description: Option<String>,
    /// Its IP addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether somebody switched it on.
    pub up: bool,
    /// Whether it has a carrier.
    pub running: bool,
    /// Whether it leads back to this machine.
    pub loopback: bool,
    /// Whether it is wireless.
    pub wireless: bool,
    /// Whether it is the one that is captured on when none is named.
    pub default: bool,
}

/// Lists what can be captured on, in libpcap's order: what is up and has addresses comes first.
///
/// # Errors
/// When the system does not tell.
pub fn interfaces() -> Result<Vec<NetworkInterface>, CaptureError> {
    let devices = devices()?;
    let default = default_of(&devices);
    Ok(devices
        .into_iter()
        .map(|device| NetworkInterface {
            default: default.as_ref() == Some(&device.name),
            up: device.flags.is_up(),
            running: device.flags.is_running(),
            loopback: device.flags.is_loopback(),
            wireless: device.flags.is_wireless(),
            addresses: device.addresses.iter().map(|address| address.addr).collect(),
            description: device.desc,
            name: device.name,
        })
        .collect())
}

/// The interface that is meant when none is named: that of the default route, else libpcap's first choice.
pub(super) fn default_interface() -> Result<String, CaptureError> {
    default_of(&devices()?).ok_or(CaptureError::NoDefault)
}

/// The names of all interfaces, for people.
pub(super) fn names() -> String {
    let names: Vec<String> = devices().into_iter().flatten().map(|device| device.name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whether there is an interface of this name.
pub(super) fn exists(name: &str) -> bool {
    devices().is_ok_and(|devices| devices.iter().any(|device| device.name == name))
}

/// Whether this is an interface of the network, and not something else that libpcap captures on, such as a bus.
pub(super) fn is_network(name: &str) -> bool {
    // The calling thread's network namespace, where /sys shows that of whoever mounted it.
    let table = fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
    table.lines().filter_map(|line| line.split_once(':')).any(|(known, _)| known.trim() == name)
}

fn devices() -> Result<Vec<Device>, CaptureError> {
    Device::list()
        .map_err(|error| CaptureError::Live { name: "any interface".to_owned(), reason: reason(&error) })
}

fn default_of(devices: &[Device]) -> Option<String> {
    let table = |path| fs::read_to_string(path).unwrap_or_default();
    let routed =
        default_route(&table("/proc/net/route")).or_else(|| default_route6(&table("/proc/net/ipv6_route")));
    let known = |name: &String| devices.iter().any(|device| device.name == *name);
    routed.filter(known).or_else(|| {
        let usable = |device: &&Device| device.flags.is_up() && device.flags.is_running();
        devices.iter().find(usable).map(|device| device.name.clone())
    })
}

/// A route is in use, and a route says that there is no way (Linux's `RTF_UP` and `RTF_REJECT`).
const ROUTE_UP: u32 = 0x0001;
const ROUTE_REJECT: u32 = 0x0200;

/// The interface of the IPv4 default route with the lowest metric, out of `/proc/net/route`.
fn default_route(table: &str) -> Option<String> {
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [name, destination, _gateway, flags, _references, _use, metric, mask, ..] = fields.as_slice()
        else {
            return None;
        };
        let everywhere = *destination == "00000000" && *mask == "00000000";
        (everywhere && in_use(flags)).then_some((metric.parse::<u32>().ok()?, (*name).to_owned()))
    };
    table.lines().filter_map(route).min_by_key(|(metric, _)| *metric).map(|(_, name)| name)
}

/// The interface of the IPv6 default route with the lowest metric, out of `/proc/net/ipv6_route`.
fn default_route6(table: &str) -> Option<String> {
    let route = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [destination, length, _, _, _gateway, metric, _references, _use, flags, name] = fields.as_slice()
        else {
            return None;
        };
        let everywhere = destination.bytes().all(|digit| digit == b'0') && *length == "00";
        // The kernel keeps a route to nowhere on the loopback interface.
        (everywhere && in_use(flags) && *name != "lo")
            .then_some((u32::from_str_radix(metric, 16).ok()?, (*name).to_owned()))
    };
    table.lines().filter_map(route).min_by_key(|(metric, _)| *metric).map(|(_, name)| name)
}

fn in_use(flags: &str) -> bool {
    u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & (ROUTE_UP | ROUTE_REJECT) == ROUTE_UP)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n";

    #[test]
    fn the_default_route_with_the_lowest_metric_wins() {
        let table = format!(
            "{HEAD}eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n\
             wlan0 00000000 010200C0 0003 0 0 600 00000000 0 0 0\n\
             eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
        );
        assert_eq!(default_route(&table).as_deref(), Some("eth0"));
    }

    #[test]
    fn routes_that_are_down_or_lead_nowhere_are_no_default() {
        let table = format!(
            "{HEAD}eth0 00000000 010200C0 0002 0 0 1 00000000 0 0 0\n\
             eth1 00000000 010200C0 0201 0 0 1 00000000 0 0 0\n\
             eth2 00000000 010200C0 0003 0 0 1 00000080 0 0 0\n"
        );
        assert_eq!(default_route(&table), None);
        assert_eq!(default_route(HEAD), None);
        assert_eq!(default_route(""), None);
    }

    #[test]
    fn the_ipv6_default_route_is_found_among_those_to_nowhere() {
        let zero = "0".repeat(32);
        let gateway = "fe800000000000000000000000000001";
        let table = format!(
            "{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n\
             {zero} 80 {zero} 00 {zero} 00000000 00000002 00000000 80200001     eth9\n\
             {zero} 00 {zero} 00 {gateway} 00000400 00000002 00000000 00000003     eth1\n\
             {zero} 00 {zero} 00 {gateway} 00000100 00000002 00000000 00000003     eth0\n"
        );
        assert_eq!(default_route6(&table).as_deref(), Some("eth0"));
        assert_eq!(default_route6("rubbish"), None);
    }

    #[test]
    fn at_most_one_interface_is_the_default() {
        let Ok(interfaces) = interfaces() else { return };
        assert!(interfaces.iter().filter(|interface| interface.default).count() <= 1);
    }
}
