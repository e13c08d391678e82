//! Ports as they are used in practice, whoever registered them, each with its source.
//!
//! By hand. A use stands here when the port is unregistered, registered to somebody else, or when the
//! registered name does not say which protocol is spoken. Nothing is listed for ranges so wide that every
//! second flow would fall into them (RTP's, passive FTP's, dynamic RPC's).

use crate::inspect::Carriers;

/// Who uses a port, or a range of ports, without having it registered.
#[derive(Debug)]
pub struct Use {
    /// The first port.
    pub first: u16,
    /// The last port; the same as the first for a single one.
    pub last: u16,
    /// What carries it.
    pub carriers: Carriers,
    /// The protocol's canonical name.
    pub name: &'static str,
    /// Who uses it for what.
    pub by: &'static str,
    /// Where that is written.
    pub source: &'static str,
}

type Text = &'static str;

const fn tcp(port: u16, name: Text, by: Text, source: Text) -> Use {
    Use { first: port, last: port, carriers: Carriers::TCP, name, by, source }
}

const fn udp(port: u16, name: Text, by: Text, source: Text) -> Use {
    Use { carriers: Carriers::UDP, ..tcp(port, name, by, source) }
}

const fn both(port: u16, name: Text, by: Text, source: Text) -> Use {
    Use { carriers: Carriers::TCP_UDP, ..tcp(port, name, by, source) }
}

impl Use {
    /// The same use of all ports up to `last`.
    const fn to(self, last: u16) -> Self {
        Self { last, ..self }
    }
}

/// The single ports, ascending.
#[rustfmt::skip]
pub(super) static SINGLE: &[Use] = &[
    tcp(411, "nmdc", "Direct Connect hubs", "NMDC protocol documentation"),
    udp(443, "quic", "HTTP/3", "RFC 9114 section 3.1"),
    udp(443, "dtls", "VPN and remote-desktop gateways", "Citrix Gateway and Cisco Secure Client documentation"),
    tcp(789, "crimson", "Red Lion Crimson controllers", "Red Lion: Crimson 3 manual"),
    tcp(808, "nmf", "Windows Net.Tcp port sharing", "Microsoft Learn: Net.TCP Port Sharing; MC-NMF"),
    tcp(902, "vmware-auth", "VMware ESXi consoles and host management", "VMware Ports and Protocols: ESXi"),
    udp(902, "vmware-heartbeat", "VMware ESXi heartbeats to vCenter", "VMware Ports and Protocols: ESXi"),
    udp(1434, "ssrp", "SQL Server Browser", "MC-SQLR section 2.1"),
    tcp(1494, "ica", "Citrix ICA sessions", "Citrix: communication ports used by Citrix technologies"),
    udp(1494, "edt", "Citrix adaptive transport", "Citrix: adaptive transport; CTX220732"),
    tcp(1521, "oracle-tns", "Oracle Net listeners", "Oracle Database Net Services Administrator's Guide"),
    tcp(1526, "oracle-tns", "Oracle Net listeners, second", "Oracle Database Net Services Administrator's Guide"),
    tcp(1527, "drda", "Apache Derby network server", "Apache Derby Server and Administration Guide"),
    udp(1645, "radius", "RADIUS authentication before 1812", "RFC 2865 section 3"),
    udp(1646, "radius", "RADIUS accounting before 1813", "RFC 2866 section 3"),
    tcp(1688, "dcerpc", "Windows KMS activation", "Microsoft Learn: Key Management Services"),
    tcp(1911, "fox", "Tridium Niagara", "Tridium: Niagara hardening guide"),
    tcp(1962, "pcworx", "Phoenix Contact PC Worx controllers", "Phoenix Contact: PC Worx manual"),
    tcp(2000, "sccp-skinny", "Cisco IP phones", "Cisco: Unified Communications Manager TCP and UDP port usage"),
    udp(2055, "netflow", "NetFlow collectors", "RFC 3954 leaves it open; Cisco IOS NetFlow configuration guide"),
    tcp(2181, "zookeeper", "Apache ZooKeeper clients", "ZooKeeper Administrator's Guide"),
    udp(2190, "tivoconnect", "TiVo discovery", "TiVoConnect Automatic Machine Discovery specification"),
    tcp(2222, "ssh", "SSH daemons beside the system's", "LinuxServer.io: openssh-server"),
    udp(2222, "enip", "EtherNet/IP implicit messages", "ODVA: EtherNet/IP, CIP volume 2"),
    tcp(2377, "http2", "Docker Swarm management", "Docker: swarm mode tutorial, open protocols and ports"),
    tcp(2598, "cgp", "Citrix sessions with session reliability", "Citrix: communication ports used by Citrix technologies"),
    udp(2598, "edt", "Citrix adaptive transport with session reliability", "Citrix: adaptive transport; CTX220732"),
    tcp(3000, "http", "web applications and Grafana", "Grafana: configuration, http_port"),
    tcp(3128, "http", "Squid and other web proxies", "Squid: http_port"),
    tcp(3200, "sap-diag", "SAP GUI to dispatcher 00", "SAP: TCP/IP ports of all SAP products"),
    udp(3246, "edonkey", "Kademlia in MLDonkey", "MLDonkey's default configuration"),
    tcp(3299, "saprouter", "SAProuter", "SAP: TCP/IP ports of all SAP products"),
    tcp(3300, "sap-gateway", "SAP gateway 00", "SAP: TCP/IP ports of all SAP products"),
    tcp(3310, "clamav", "ClamAV's daemon", "ClamAV: clamd.conf, TCPSocket"),
    both(3343, "netft", "heartbeats, network and joins of Windows failover clusters", "Microsoft Learn: cluster event 1135"),
    tcp(3388, "dcerpc", "RD Gateway's RPC transport behind a load balancer", "MS-TSGU section 1.9.3"),
    tcp(3389, "rdp", "Remote Desktop", "MS-RDPBCGR section 1.9"),
    udp(3389, "rdp-udp", "Remote Desktop's UDP transport", "MS-RDPEUDP section 1.9"),
    udp(3391, "rdg-udp", "RD Gateway's UDP side channel", "MS-TSGU section 1.9.3"),
    tcp(3600, "sap-ms", "SAP message server 00", "SAP: TCP/IP ports of all SAP products"),
    tcp(4222, "nats", "NATS clients", "NATS: server configuration, port"),
    tcp(4433, "tls", "test servers for TLS", "OpenSSL: s_server(1), -accept"),
    udp(4433, "quic", "test servers for QUIC", "quic-go, picoquic and others: default port of the examples"),
    tcp(4662, "edonkey", "eDonkey and eMule clients", "eMule: ports"),
    udp(4672, "edonkey", "eMule's Kademlia", "eMule: ports"),
    tcp(4911, "tls", "Tridium Niagara over TLS", "Tridium: Niagara hardening guide"),
    tcp(5000, "http", "web applications and container registries", "Flask: quickstart; Docker registry"),
    both(5001, "iperf", "iperf 2", "iperf 2 manual, -p"),
    tcp(5006, "melsec", "Mitsubishi MELSEC controllers", "Mitsubishi Electric: MELSEC-Q Ethernet manual"),
    tcp(5007, "melsec", "Mitsubishi MELSEC controllers", "Mitsubishi Electric: MELSEC-Q Ethernet manual"),
    tcp(5038, "asterisk-ami", "Asterisk Manager Interface", "Asterisk: manager.conf"),
    tcp(5044, "lumberjack", "Logstash's Beats input", "Elastic: Beats input plugin"),
    both(5201, "iperf3", "iperf 3", "iperf3(1), -p"),
    tcp(5223, "tls", "XMPP over TLS, Apple push notifications", "XEP-0368 section 2; Apple: push notification ports"),
    tcp(5228, "tls", "Google's push notifications", "Firebase: FCM ports and your firewall"),
    udp(5405, "corosync", "Corosync clusters", "corosync.conf(5), mcastport"),
    tcp(5555, "adb", "Android Debug Bridge", "Android Developers: adb over Wi-Fi"),
    tcp(5601, "http", "Kibana", "Elastic: Kibana configuration, server.port"),
    udp(5678, "mndp", "MikroTik neighbour discovery", "MikroTik: services, protocols and ports"),
    tcp(5701, "hazelcast", "Hazelcast members", "Hazelcast: network configuration"),
    tcp(5800, "http", "VNC's viewer in the browser", "RealVNC: ports"),
    both(5938, "teamviewer", "TeamViewer", "TeamViewer: ports used"),
    tcp(6222, "nats", "NATS clusters", "NATS: cluster configuration"),
    tcp(6443, "tls", "Kubernetes API", "Kubernetes: ports and protocols"),
    both(6568, "anydesk", "AnyDesk's direct connections", "AnyDesk: firewall"),
    tcp(6633, "openflow", "OpenFlow controllers before 6653", "OpenFlow switch specification 1.3.2, section 6.3.3"),
    tcp(6650, "pulsar", "Apache Pulsar brokers", "Apache Pulsar: reference, brokerServicePort"),
    udp(6771, "bittorrent", "BitTorrent local peers", "BEP 14"),
    udp(6831, "thrift", "Jaeger agents", "Jaeger: agent, deployment"),
    tcp(7000, "cassandra", "Apache Cassandra nodes", "Apache Cassandra: cassandra.yaml, storage_port"),
    both(7070, "anydesk", "AnyDesk's direct connections", "AnyDesk: firewall"),
    tcp(8000, "http", "web applications", "Python: http.server; Django: runserver"),
    tcp(8006, "tls", "Proxmox VE's web interface", "Proxmox VE Administration Guide: ports"),
    tcp(8009, "ajp13", "Apache Tomcat's AJP connector", "Apache Tomcat: the AJP connector"),
    tcp(8009, "tls", "Google Cast", "Google Cast: network requirements"),
    tcp(8081, "http", "web applications", "Sonatype Nexus: configuration"),
    tcp(8086, "http", "InfluxDB", "InfluxDB: configuration, http-bind-address"),
    tcp(8088, "http", "Splunk HTTP Event Collector, Hadoop YARN", "Splunk and Apache Hadoop documentation"),
    tcp(8088, "tls", "Splunk HTTP Event Collector", "Splunk: HTTP Event Collector"),
    tcp(8089, "tls", "Splunk management", "Splunk: network ports"),
    udp(8116, "cpha", "Check Point cluster control", "Check Point: ClusterXL administration guide"),
    tcp(8123, "http", "ClickHouse, Home Assistant", "ClickHouse: server settings, http_port"),
    udp(8125, "statsd", "StatsD", "StatsD: exampleConfig.js"),
    tcp(8291, "winbox", "MikroTik WinBox", "MikroTik: services, protocols and ports"),
    tcp(8300, "consul", "HashiCorp Consul servers", "Consul: required ports"),
    both(8301, "serf", "HashiCorp Consul gossip", "Consul: required ports"),
    both(8302, "serf", "HashiCorp Consul gossip between sites", "Consul: required ports"),
    tcp(8332, "http", "Bitcoin node's JSON-RPC", "Bitcoin Core: -rpcport"),
    tcp(8333, "bitcoin", "Bitcoin nodes", "Bitcoin Core: -port"),
    udp(8472, "vxlan", "VXLAN as Linux sends it by default", "ip-link(8), vxlan dstport"),
    tcp(8500, "http", "HashiCorp Consul's API", "Consul: required ports"),
    both(8600, "dns", "HashiCorp Consul's DNS", "Consul: required ports"),
    tcp(8728, "routeros-api", "MikroTik API", "MikroTik: services, protocols and ports"),
    tcp(8729, "tls", "MikroTik API over TLS", "MikroTik: services, protocols and ports"),
    tcp(8888, "http", "web applications and Jupyter", "Jupyter Server: configuration, port"),
    tcp(9000, "http", "web applications, MinIO, SonarQube", "MinIO and SonarQube documentation"),
    tcp(9000, "clickhouse", "ClickHouse's native protocol", "ClickHouse: server settings, tcp_port"),
    tcp(9001, "tls", "Tor relays", "Tor manual: ORPort"),
    tcp(9030, "http", "Tor directories", "Tor manual: DirPort"),
    tcp(9042, "cassandra", "Apache Cassandra clients", "Apache Cassandra: native protocol specification"),
    tcp(9050, "socks", "Tor clients", "Tor manual: SocksPort"),
    tcp(9090, "http", "Prometheus, Cockpit", "Prometheus: --web.listen-address"),
    tcp(9090, "tls", "Cockpit", "Cockpit guide: cockpit.socket"),
    tcp(9092, "kafka", "Apache Kafka brokers", "Apache Kafka: listeners"),
    tcp(9100, "http", "Prometheus node exporter", "Prometheus: default port allocations"),
    tcp(9150, "socks", "Tor Browser", "Tor Browser manual"),
    tcp(9160, "thrift", "Apache Cassandra's old clients", "Apache Cassandra 2: cassandra.yaml, rpc_port"),
    tcp(9200, "http", "Elasticsearch and OpenSearch", "Elastic: network settings, http.port"),
    tcp(9300, "elasticsearch", "Elasticsearch nodes", "Elastic: network settings, transport.port"),
    tcp(9411, "http", "Zipkin", "OpenZipkin: zipkin-server"),
    both(9600, "fins", "Omron controllers", "Omron: FINS commands reference (W227)"),
    udp(9995, "netflow", "NetFlow collectors", "nfdump: nfcapd(1), -p"),
    udp(9996, "netflow", "NetFlow collectors", "Cisco IOS NetFlow configuration guide"),
    tcp(9997, "splunk", "Splunk forwarders", "Splunk: network ports"),
    both(9999, "tplink-smarthome", "TP-Link Kasa devices", "python-kasa: protocol description"),
    tcp(10000, "http", "Webmin", "Webmin: configuration"),
    tcp(10000, "tls", "Webmin", "Webmin: configuration"),
    udp(10001, "ubiquiti-discovery", "Ubiquiti device discovery", "Ubiquiti: UniFi required ports"),
    tcp(10250, "tls", "Kubernetes kubelet", "Kubernetes: ports and protocols"),
    tcp(11434, "http", "Ollama", "Ollama: OLLAMA_HOST"),
    both(12201, "gelf", "Graylog inputs", "Graylog: GELF"),
    udp(12222, "lwapp", "LWAPP data", "RFC 5412 section 3"),
    udp(12223, "lwapp", "LWAPP control", "RFC 5412 section 3"),
    udp(12346, "dtls", "Cisco Catalyst SD-WAN control", "Cisco: SD-WAN firewall ports"),
    tcp(14250, "http2", "Jaeger collectors", "Jaeger: deployment"),
    tcp(15672, "http", "RabbitMQ management", "RabbitMQ: networking"),
    tcp(16379, "redis-bus", "Redis cluster bus", "Redis: cluster specification"),
    tcp(18245, "ge-srtp", "GE controllers", "GE Fanuc: Service Request Transfer Protocol"),
    udp(18246, "egd", "GE Ethernet Global Data", "GE Fanuc: TCP/IP Ethernet communications (GFK-1541)"),
    tcp(18333, "bitcoin", "Bitcoin test network", "Bitcoin Core: -testnet"),
    udp(19132, "raknet", "Minecraft Bedrock Edition", "Minecraft: server.properties, server-port"),
    tcp(20547, "proconos", "ProConOS controllers", "KW-Software: ProConOS manual"),
    udp(20561, "mac-telnet", "MikroTik MAC Telnet", "MikroTik: services, protocols and ports"),
    udp(21027, "syncthing-discovery", "Syncthing local discovery", "Syncthing: Local Discovery Protocol v4"),
    both(21116, "rustdesk", "RustDesk id servers", "RustDesk: self-host"),
    tcp(22000, "tls", "Syncthing", "Syncthing: Block Exchange Protocol v1"),
    udp(22000, "quic", "Syncthing", "Syncthing: Block Exchange Protocol v1"),
    tcp(22443, "tls", "VMware Horizon Blast", "VMware Ports and Protocols: Horizon"),
    both(24224, "fluentd", "Fluentd forwarders", "Fluentd: in_forward"),
    tcp(25565, "minecraft", "Minecraft Java Edition", "Minecraft: server.properties, server-port"),
    tcp(25672, "erlang-dist", "RabbitMQ between nodes", "RabbitMQ: networking"),
    udp(25826, "collectd", "collectd's network plugin", "collectd: network plugin"),
    tcp(26379, "redis", "Redis Sentinel", "Redis: high availability with Sentinel"),
    udp(27015, "source-engine", "game servers' queries", "Valve: server queries"),
    tcp(27018, "mongodb", "MongoDB shards", "MongoDB: default port"),
    tcp(27019, "mongodb", "MongoDB configuration servers", "MongoDB: default port"),
    udp(27036, "steam", "Steam Remote Play discovery", "Steam Support: required ports"),
    tcp(29418, "ssh", "Gerrit", "Gerrit: sshd.listenAddress"),
    both(30303, "ethereum", "Ethereum nodes", "Ethereum: devp2p specifications"),
    tcp(34567, "xmeye", "Xiongmai recorders and cameras", "vendor manuals of XMEye devices"),
    tcp(37777, "dahua", "Dahua recorders and cameras", "Dahua: network ports"),
    udp(41641, "wireguard", "Tailscale", "Tailscale: firewall ports"),
    tcp(48898, "ams", "Beckhoff TwinCAT ADS", "Beckhoff: ADS over TCP"),
    udp(48899, "ams", "Beckhoff TwinCAT ADS discovery", "Beckhoff: TwinCAT router"),
    tcp(50000, "drda", "IBM Db2", "IBM Db2: configuring TCP/IP; SVCENAME"),
    tcp(50051, "http2", "gRPC services", "gRPC: quick start"),
    both(51413, "bittorrent", "Transmission", "Transmission: settings, peer-port"),
    udp(51820, "wireguard", "WireGuard", "wg(8), quick start"),
    tcp(61613, "stomp", "ActiveMQ and other brokers", "Apache ActiveMQ: STOMP"),
    tcp(61616, "openwire", "ActiveMQ", "Apache ActiveMQ: OpenWire"),
];

/// The ranges, by first port.
#[rustfmt::skip]
pub(super) static RANGES: &[Use] = &[
    tcp(2601, "telnet", "virtual terminals of Quagga and FRRouting daemons", "FRRouting: basic setup").to(2616),
    udp(3224, "framehawk", "Citrix Framehawk display channel, until release 7 1811", "Citrix: Framehawk; CTX205257").to(3324),
    tcp(5901, "vnc", "VNC displays 1 to 9", "TigerVNC: vncserver(1)").to(5909),
    tcp(6660, "irc", "IRC servers", "RFC 7194 section 1").to(6669),
    both(6881, "bittorrent", "BitTorrent clients", "BEP 3").to(6889),
    udp(16500, "rtp", "Citrix HDX audio", "Citrix: communication ports used by Citrix technologies").to(16509),
    udp(19302, "stun", "Google's STUN and TURN servers", "Google Meet: prepare your network").to(19309),
    udp(27016, "source-engine", "game servers", "Steam Support: required ports").to(27030),
    udp(33435, "traceroute", "probes of traceroute", "traceroute(8)").to(33534),
];

/// Every use, single ports first.
pub fn all() -> impl Iterator<Item = &'static Use> {
    SINGLE.iter().chain(RANGES)
}

/// The uses of `port` alone, the commonest first.
pub fn on(port: u16) -> impl Iterator<Item = &'static Use> {
    let from = SINGLE.partition_point(|used| used.first < port);
    SINGLE.get(from..).unwrap_or_default().iter().take_while(move |used| used.first == port)
}

/// The uses of single ports.
pub fn single() -> impl Iterator<Item = &'static Use> {
    SINGLE.iter()
}

/// The uses of ranges that have `port` in them.
pub fn around(port: u16) -> impl Iterator<Item = &'static Use> {
    RANGES.iter().filter(move |used| (used.first..=used.last).contains(&port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_in_order_and_every_one_has_a_source() {
        assert!(SINGLE.is_sorted_by_key(|used| used.first));
        assert!(SINGLE.iter().all(|used| used.first == used.last));
        assert!(RANGES.iter().all(|used| used.first < used.last));
        assert!(all().all(|used| !used.by.is_empty() && !used.source.is_empty()));
    }

    #[test]
    fn no_range_is_so_wide_that_chance_fills_it() {
        assert!(RANGES.iter().all(|used| used.last - used.first <= 100));
    }
}
