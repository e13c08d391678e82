//! Names that people look for and no label bears: which label tells them, or why none does.

use super::{Entry, Explanation, Section};

/// What tells a name that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// These labels.
    By(&'static [&'static str]),
    /// A label, and an attribute of it with this value; where the value is empty, the attribute names whose it is.
    In(&'static str, &'static str, &'static str),
    /// Nothing, for this reason.
    Not(&'static str),
}

/// A name, and all that tells it.
#[derive(Clone, Copy, Debug)]
pub struct CrossReference {
    /// What people look for.
    pub name: &'static str,
    told: &'static [Told],
}

use Told::{By, In, Not};

const UNDOCUMENTED: Told = Not("nothing public says what its bytes must be");
const NO_PORTS: Told = Not("it has no ports, so it is no flow of this kind");
const HOST: Told = In("tls", "tls.sni", "");
const SUBJECT: Told = In("tls", "tls.certificate_subject", "");

const fn told(name: &'static str, told: &'static [Told]) -> CrossReference {
    CrossReference { name, told }
}

const fn service(value: &'static str) -> Told {
    In("http", "http.service", value)
}

/// Every name, in the order of the alphabet; docs/accuracy.md says more about what is not recognised.
const ALL: &[CrossReference] = &[
    told("802.1X", &[NO_PORTS]),
    told("Active Directory", &[By(&["ldap", "kerberos", "dcerpc", "smb", "dns"])]),
    told("ActiveMQ", &[By(&["openwire", "stomp", "amqp", "mqtt"])]),
    told("ActiveSync", &[service("activesync")]),
    told("AirPrint", &[By(&["ipp", "mdns"])]),
    told("Always On VPN", &[By(&["ipsec"]), HOST]),
    told("AnyConnect", &[By(&["dtls"]), HOST, SUBJECT]),
    told("AnyDesk", &[SUBJECT, HOST]),
    told("Autodiscover", &[service("autodiscover")]),
    told("BITS", &[service("bits-upload")]),
    told("Blast", &[HOST, Not("its own UDP transport is not documented")]),
    told("Bonjour", &[By(&["mdns"])]),
    told("CARP", &[NO_PORTS]),
    told("CIFS", &[By(&["smb"])]),
    told("CLDAP", &[By(&["ldap"])]),
    told("Commvault", &[UNDOCUMENTED]),
    told("Consul", &[service("consul"), By(&["memberlist", "grpc"])]),
    told("DB2", &[By(&["drda"])]),
    told(
        "DNS over HTTPS",
        &[service("dns-over-http"), Not("inside TLS or QUIC it is what these say of themselves")],
    ),
    told("DNS over QUIC", &[In("quic", "quic.alpn", "doq")]),
    told("DNS over TLS", &[In("tls", "tls.alpn", "dot")]),
    told("Docker", &[service("docker")]),
    told("EIGRP", &[NO_PORTS]),
    told("Elasticsearch over HTTP", &[service("elasticsearch")]),
    told("ESP", &[By(&["ipsec"]), Not("outside UDP it has no ports, so it is no flow of this kind")]),
    told("ESXi heartbeat", &[UNDOCUMENTED]),
    told("etcd", &[service("etcd"), By(&["grpc"])]),
    told(
        "Exchange",
        &[
            service("mapi-over-http"),
            service("rpc-over-http"),
            service("exchange-web-services"),
            By(&["dcerpc", "smtp"]),
        ],
    ),
    told("Failover clustering", &[By(&["netft"])]),
    told("GlobalProtect", &[By(&["ipsec"]), HOST, SUBJECT]),
    told("H.225", &[By(&["h323"])]),
    told("H.245", &[By(&["h323"])]),
    told("HTTP/3", &[In("quic", "quic.alpn", "h3")]),
    told("HTTPS", &[By(&["tls"])]),
    told("IEC 61850", &[By(&["mms"])]),
    told("IKE", &[By(&["ipsec"])]),
    told("IKEv2", &[By(&["ipsec"])]),
    told("IPFIX", &[By(&["netflow"])]),
    told("keepalived", &[Not("it speaks VRRP, which has no ports")]),
    told("KNX", &[By(&["knxnet-ip"])]),
    told("Kubernetes", &[service("kubernetes"), HOST]),
    told("Kubernetes API", &[service("kubernetes"), HOST]),
    told("LLDP", &[NO_PORTS]),
    told("Logstash", &[By(&["lumberjack", "gelf", "syslog"])]),
    told("MAPI", &[service("mapi-over-http"), service("rpc-over-http"), By(&["dcerpc"])]),
    told("MariaDB", &[By(&["mysql"])]),
    told("Modbus TCP", &[By(&["modbus"])]),
    told("MS-SQL browser", &[By(&["ssrp"])]),
    told("MSSQL", &[By(&["tds", "ssrp"])]),
    told("Nagios", &[By(&["nrpe"])]),
    told("Neo4j", &[By(&["bolt"])]),
    told(
        "NFC of VMware",
        &[Not("nothing public says what follows the daemon's greeting, which is vmware-auth")],
    ),
    told("NSCA", &[Not("its greeting is 128 random bytes and a time")]),
    told("NTLM", &[In("http", "ntlm.user", ""), In("smb", "ntlm.user", ""), In("dcerpc", "ntlm.user", "")]),
    told("OCSP", &[service("ocsp")]),
    told("OPC DA", &[By(&["dcerpc"])]),
    told("OSPF", &[NO_PORTS]),
    told("Outlook Anywhere", &[service("rpc-over-http")]),
    told("pacemaker", &[By(&["corosync"])]),
    told("PCoIP", &[HOST, Not("its session and its ESP in UDP are not documented")]),
    told("PIM", &[NO_PORTS]),
    told("PowerShell remoting", &[service("winrm"), By(&["ssh"])]),
    told("PROFINET", &[By(&["dcerpc"]), Not("its real-time frames have no ports")]),
    told("Prometheus", &[service("prometheus")]),
    told("PROXY protocol", &[By(&["haproxy"])]),
    told("RabbitMQ", &[By(&["amqp", "rabbitmq-stream", "mqtt", "stomp"])]),
    told("RD Gateway", &[By(&["rdg-udp"]), service("rd-gateway")]),
    told("RPC over HTTP", &[service("rpc-over-http")]),
    told("S7", &[By(&["s7comm", "s7comm-plus"])]),
    told("SCCM", &[service("configuration-manager")]),
    told("ScyllaDB", &[By(&["cassandra"])]),
    told("Shadowsocks", &[Not("it is noise from the first byte on")]),
    told("Skype", &[By(&["stun", "rtp", "rtcp"]), HOST]),
    told("SMB over QUIC", &[In("quic", "quic.alpn", "smb")]),
    told("Splunk", &[By(&["splunk-s2s"])]),
    told("SQL Server", &[By(&["tds", "ssrp"])]),
    told("SQL Server Browser", &[By(&["ssrp"])]),
    told("SRTP", &[By(&["rtp", "rtcp"])]),
    told("SSTP", &[service("sstp"), HOST]),
    told("Sybase", &[By(&["tds"])]),
    told("syslog over TLS", &[By(&["tls"]), Not("inside TLS it is what the port says")]),
    told("Teams", &[By(&["stun", "rtp", "rtcp"]), HOST]),
    told("Threema", &[Not("it is noise from the first byte on")]),
    told("TNS", &[By(&["oracle-tns"])]),
    told("Tor", &[HOST]),
    told("UPnP", &[By(&["ssdp"]), service("upnp")]),
    told("Valkey", &[By(&["redis"])]),
    told("vCenter", &[HOST, SUBJECT]),
    told("Veeam", &[UNDOCUMENTED]),
    told("Viber", &[UNDOCUMENTED]),
    told("vMotion", &[UNDOCUMENTED]),
    told("VRRP", &[NO_PORTS]),
    told("WebDAV", &[service("webdav")]),
    told("WebRTC", &[By(&["stun", "dtls", "rtp", "rtcp"])]),
    told("WinRM", &[service("winrm")]),
    told("WINS", &[By(&["netbios-ns"])]),
    told("WSD", &[By(&["ws-discovery", "http"])]),
    told("WSUS", &[service("wsus")]),
];

/// Every name that is looked for and told under another.
pub fn all() -> impl Iterator<Item = CrossReference> {
    ALL.iter().copied()
}

impl CrossReference {
    /// The labels that tell it, each once.
    #[must_use]
    pub fn labels(&self) -> Vec<&'static str> {
        let mut labels = Vec::new();
        for told in self.told {
            let of: &[&str] = match told {
                By(labels) => labels,
                In(label, ..) => std::slice::from_ref(label),
                Not(_) => &[],
            };
            labels.extend(of.iter().filter(|label| !labels.contains(*label)).copied().collect::<Vec<_>>());
        }
        labels
    }

    /// In words: `http where http.service is winrm`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        for told in self.told {
            words.push(match *told {
                By(labels) => labels.join(", "),
                In(label, key, "") => format!("{label}, and {key} says whose"),
                In(label, key, value) => format!("{label} where {key} is {value}"),
                Not(reason) => format!("not recognised: {reason}"),
            });
        }
        words.join("; ")
    }
}

/// The name as it is compared: in lower case, with letters and figures only.
pub(super) fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The name that is told under another, however it is written.
pub(super) fn named(query: &str) -> Option<CrossReference> {
    let query = squeezed(query);
    all().find(|reference| !query.is_empty() && squeezed(reference.name) == query)
}

/// The only name whose first word is `query`.
pub(super) fn beginning_with(query: &str) -> Option<CrossReference> {
    let is_meant = |reference: &CrossReference| {
        reference.name.split_once(' ').is_some_and(|(word, _)| word.eq_ignore_ascii_case(query))
    };
    let mut found = all().filter(is_meant);
    found.next().filter(|_| found.next().is_none())
}

/// What is known about a name that is told under another.
pub(super) fn explanation(found: &CrossReference) -> Explanation {
    let entry = Entry { label: None, text: found.words(), basis: None };
    let section = Section { heading: "Told as", entries: vec![entry] };
    Explanation { title: format!("{}: no label of its own", found.name), sections: vec![section] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocols::{self, INSPECTORS};

    #[test]
    fn whatever_tells_a_name_exists() {
        for reference in ALL {
            for told in reference.told {
                let labels: &[&str] = match told {
                    By(labels) => labels,
                    In(label, ..) => std::slice::from_ref(label),
                    Not(_) => continue,
                };
                for label in labels {
                    assert!(INSPECTORS.iter().any(|by| by.name == *label), "{}: {label}", reference.name);
                }
                if let In(label, key, value) = told {
                    let by = INSPECTORS.iter().find(|by| by.name == *label).unwrap();
                    assert!(by.attributes.iter().any(|(known, _)| known == key), "{}: {key}", reference.name);
                    if *key == "http.service" {
                        assert!(
                            protocols::http_services().any(|known| known == *value),
                            "{}: {value}",
                            reference.name
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_in_order_and_none_is_a_label() {
        assert!(ALL.is_sorted_by_key(|reference| reference.name.to_lowercase()));
        for reference in ALL {
            let is_label = INSPECTORS.iter().any(|by| by.name.eq_ignore_ascii_case(reference.name));
            assert!(!is_label && !reference.told.is_empty(), "{}", reference.name);
        }
    }

    #[test]
    fn a_name_is_explained_by_what_tells_it() {
        let text = explanation(&named("winrm").unwrap()).text(80);
        assert!(text.contains("http where http.service is winrm"), "{text}");
        assert!(named("rd-gateway").is_some() && named("no-such-thing").is_none() && named("-").is_none());
        assert!(beginning_with("esxi").is_some() && beginning_with("dns").is_none());
    }
}
