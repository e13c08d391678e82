//! Which interface is spoken over HTTP, where method, target or fields name it beyond doubt.

use super::head::{Head, Request};
use crate::cursor::is_text;
use crate::formats::lines::contains_ignore_case;

/// What identifies a service: the first that holds, decides.
enum Mark {
    /// One of these methods.
    Method(&'static [&'static str]),
    /// The target begins so, in either case.
    Target(&'static str),
    /// The target begins so, and the request's field contains the text.
    TargetWith(&'static str, &'static str, &'static str),
    /// The request's field contains the text, in either case.
    Asked(&'static str, &'static str),
    /// The response's field contains the text, in either case.
    Answered(&'static str, &'static str),
}

use Mark::{Answered, Asked, Method, Target, TargetWith};

/// Sources: [MS-RPCH] 2.1.2, [MS-TSGU] 2.2.3, [MS-SSTP] 3.2, [MC-BUP] 2.2, [MS-WSMV] 2.2, [MS-OXCMAPIHTTP] 2.2, [MS-ASHTTP]
/// 2.2, [MS-WUSP] 2.2, RFC 4918 section 9, RFC 6960 appendix A, RFC 8484 section 6, UPnP Device Architecture 2.0 sections 3 and
/// 4, TR-069 3.4, and the public references of Docker, Kubernetes, Consul, etcd, Elasticsearch, Prometheus and Git.
const SERVICES: &[(&str, &[Mark])] = &[
    ("rd-gateway", &[Method(&["RDG_IN_DATA", "RDG_OUT_DATA"]), Target("/remoteDesktopGateway")]),
    ("rpc-over-http", &[Method(&["RPC_IN_DATA", "RPC_OUT_DATA"]), Target("/rpc/rpcproxy.dll")]),
    ("sstp", &[Method(&["SSTP_DUPLEX_POST"])]),
    ("bits-upload", &[Method(&["BITS_POST"])]),
    ("configuration-manager", &[Method(&["CCM_POST"])]),
    ("proxy-tunnel", &[Method(&["CONNECT"])]),
    (
        "winrm",
        &[
            Asked("user-agent", "WinRM"),
            // A path by itself is anybody's: what is posted there is SOAP, in clear or encrypted.
            TargetWith("/wsman", "content-type", "application/soap+xml"),
            TargetWith("/wsman", "content-type", "multipart/encrypted"),
            TargetWith("/wsman", "wsmanidentify", ""),
            TargetWith("/wsman", "host", ":5985"),
            TargetWith("/wsman", "host", ":5986"),
        ],
    ),
    ("mapi-over-http", &[Target("/mapi/emsmdb"), Target("/mapi/nspi"), Asked("content-type", "application/mapi-http")]),
    ("activesync", &[Target("/Microsoft-Server-ActiveSync")]),
    ("exchange-web-services", &[Target("/EWS/Exchange.asmx")]),
    ("autodiscover", &[Target("/autodiscover/")]),
    ("wsus", &[Target("/ClientWebService/"), Target("/SimpleAuthWebService/"), Target("/ServerSyncWebService/")]),
    ("upnp", &[Asked("soapaction", "urn:schemas-upnp-org"), Asked("nt", "upnp:"), Asked("callback", "<http://")]),
    ("cwmp", &[Asked("soapaction", "cwmp:"), Answered("server", "TR069")]),
    ("rtsp-over-http", &[Asked("accept", "application/x-rtsp-tunnelled"), Asked("content-type", "application/x-rtsp-tunnelled")]),
    ("rtmp-over-http", &[Asked("content-type", "application/x-fcs")]),
    ("ocsp", &[Asked("content-type", "application/ocsp-request"), Answered("content-type", "application/ocsp-response")]),
    ("dns-over-http", &[Asked("accept", "application/dns-message"), Asked("content-type", "application/dns-message")]),
    ("git", &[Asked("user-agent", "git/"), Answered("content-type", "application/x-git-")]),
    ("docker", &[Asked("user-agent", "Docker-Client/"), Answered("server", "Docker/"), Answered("api-version", "1."), Answered("docker-distribution-api-version", "registry/")]),
    ("kubernetes", &[Asked("user-agent", "kubectl/"), Asked("user-agent", "kubelet/"), Asked("user-agent", "kube-"), Answered("x-kubernetes-pf-flowschema-uid", "-")]),
    ("consul", &[Answered("x-consul-index", ""), Asked("x-consul-token", "")]),
    ("etcd", &[Answered("x-etcd-cluster-id", ""), Answered("x-etcd-index", "")]),
    ("elasticsearch", &[Answered("x-elastic-product", "Elasticsearch"), Asked("user-agent", "elasticsearch-")]),
    ("prometheus", &[Asked("user-agent", "Prometheus/"), Answered("content-type", "text/plain; version=0.0.4"), Answered("content-type", "application/openmetrics-text")]),
    ("soap", &[Asked("soapaction", ""), Asked("content-type", "application/soap+xml")]),
    ("webdav", &[Method(&["PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT"]), Answered("dav", "1")]),
];

/// Bytes of an answer's body in which a version is looked for, and bytes of a version.
const MAX_BODY: usize = 1024;
const MAX_VERSION: usize = 32;

/// The names of all services.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|(name, _)| *name)
}

/// The name of the service, if something names it.
pub(super) fn name(line: Option<Request<'_>>, asked: Option<Head<'_>>, answered: Option<Head<'_>>) -> Option<&'static str> {
    let targets = |prefix: &str| {
        line.is_some_and(|line| {
            line.target.get(..prefix.len()).is_some_and(|target| target.eq_ignore_ascii_case(prefix.as_bytes()))
        })
    };
    let holds = |mark: &Mark| match *mark {
        Method(methods) => line.is_some_and(|line| methods.iter().any(|method| method.as_bytes() == line.method)),
        Target(prefix) => targets(prefix),
        TargetWith(prefix, field, word) => targets(prefix) && says(asked, field, word),
        Asked(field, word) => says(asked, field, word),
        Answered(field, word) => says(answered, field, word),
    };
    SERVICES.iter().find(|(_, marks)| marks.iter().any(holds)).map(|(name, _)| *name)
}

/// The version of Elasticsearch or OpenSearch in what they answer to a request of `/`: `"version" : { … "number" : "8.11.0"`.
pub(super) fn version(answered: Head<'_>) -> Option<&[u8]> {
    let body = answered.body.get(..MAX_BODY).unwrap_or(answered.body);
    let body = text_after(body, b"\"cluster_uuid\"")?;
    let version = text_after(text_after(body, b"\"version\"")?, b"\"number\"")?;
    let (quoted, rest) = version.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().split_first()?;
    let number = rest.get(..memchr::memchr(b'"', rest)?)?;
    (*quoted == b'"' && number.len() <= MAX_VERSION && is_text(number)).then_some(number)
}

fn text_after<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    text.get(memchr::memmem::find(text, word)? + word.len()..)
}

fn says(head: Option<Head<'_>>, field: &str, word: &str) -> bool {
    let value = head.and_then(|head| head.field(field));
    value.is_some_and(|value| word.is_empty() || contains_ignore_case(value, word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Cursor;

    #[test]
    fn a_clusters_answer_tells_its_version_and_another_documents_number_is_none() {
        let version_in = |body: &str| {
            let answer = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
            version(Head::parse(Cursor::open(answer.as_bytes())).unwrap()).map(<[u8]>::to_vec)
        };
        let cluster = "{\n \"name\" : \"a\",\n \"cluster_uuid\" : \"x\",\n \"version\" : {\n  \"number\" : \"8.11.0\",";
        assert_eq!(version_in(cluster), Some(b"8.11.0".to_vec()));
        assert_eq!(version_in("{\"version\": {\"number\": \"1\"}}"), None);
        assert_eq!(version_in("\"cluster_uuid\" \"version\" \"number\" 8"), None);
    }

    #[test]
    fn a_service_is_named_by_method_target_or_field() {
        let named = |request: &'static [u8]| {
            let head = Head::parse(Cursor::open(request)).unwrap();
            name(Request::parse(head.start).ok(), Some(head), None)
        };
        assert_eq!(named(b"RDG_OUT_DATA /x HTTP/1.1\r\n"), Some("rd-gateway"));
        assert_eq!(named(b"POST /WSMAN?x HTTP/1.1\r\nContent-Type: application/soap+xml\r\n"), Some("winrm"));
        assert_eq!(named(b"POST /wsman HTTP/1.1\r\nContent-Type: application/json\r\n"), None);
        assert_eq!(named(b"GET /repo HTTP/1.1\r\nUser-Agent: git/2.45\r\n"), Some("git"));
        assert_eq!(named(b"GET / HTTP/1.1\r\n"), None);
    }
}
