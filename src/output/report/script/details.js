// Everything about one flow, unfolded.

/** The findings that name a flow, by its identifier. */
const findingsOf = new Map();
for (const finding of document.querySelectorAll(".finding")) {
  for (const id of finding.dataset.flows.split(" ").filter(Boolean)) {
    if (!findingsOf.has(id)) findingsOf.set(id, []);
    findingsOf.get(id).push(finding);
  }
}

/** A button that unfolds all findings, or folds them. */
function offerUnfolding() {
  const press = document.getElementById("unfold-findings");
  if (press === null) return;
  press.parentElement.hidden = false;
  press.addEventListener("click", () => {
    const wanted = press.textContent === "Unfold all";
    for (const finding of document.querySelectorAll("#findings .finding")) finding.open = wanted;
    press.textContent = wanted ? "Fold all" : "Unfold all";
  });
}

function describe(pairs) {
  const list = element("dl", "");
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === "") continue;
    list.append(element("dt", "", name), element("dd", "", value));
  }
  return list;
}

function block(title, ...children) {
  return element("div", "", element("h3", "", title), ...children);
}

function reasonText({ kind, rule, detail, frame, file, side }) {
  const where = frame === null ? "" : file === null ? `frame ${frame}` : `frame ${frame} of ${file}`;
  const marks = [kind, rule, side, where].filter(Boolean).join(", ");
  return element("li", "", detail, " ", element("span", "dim", `(${marks})`));
}

/** A display filter that shows the flow's packets. */
function displayFilter(row) {
  const [source, destination, proto] = [textOf(row, "src_ip"), textOf(row, "dst_ip"), textOf(row, "proto")];
  const family = source.includes(":") ? "ipv6" : "ip";
  const parts = [`${family}.addr == ${source}`, `${family}.addr == ${destination}`];
  if (["tcp", "udp", "sctp", "dccp"].includes(proto)) {
    parts.push(`${proto}.port == ${field(row, "src_port")}`, `${proto}.port == ${field(row, "dst_port")}`);
  }
  return [...new Set(parts)].join(" && ");
}

function tcpPairs(row) {
  const tcp = field(row, "tcp");
  if (tcp === null) return [];
  const [sent, received, resent, resentBack, late, lateBack, trip] = tcp;
  return [
    ["TCP flags", `${texts[sent] || "none"} sent, ${texts[received] || "none"} received`],
    ["Sent again", resent + resentBack > 0 ? `${resent} by the source, ${resentBack} by the destination` : ""],
    ["Out of order", late + lateBack > 0 ? `${late} by the source, ${lateBack} by the destination` : ""],
    ["Handshake", trip === undefined ? "" : `${trip} ms`],
  ];
}

function restPairs(row) {
  const rest = field(row, "rest") ?? {};
  const tunnels = (rest.tunnel ?? []).map((tunnel) => {
    const ends = tunnel.src_ip ? ` ${tunnel.src_ip} > ${tunnel.dst_ip}` : "";
    return `${tunnel.kind}${tunnel.id === undefined ? "" : ` ${tunnel.id}`}${ends}`;
  });
  const error = rest.icmp_error;
  return [
    ["VLAN", (rest.vlan ?? []).join(", ")],
    ["Tunnel", tunnels.join("; ")],
    ["ICMP error", error ? `type ${error.type}, code ${error.code} of ${error.reporter}, ${countText(error.count, "time")}, first in frame ${error.frame}${error.file ? ` of ${error.file}` : ""}` : ""],
    ["Continued", rest.continued ? "goes on after a record of its earlier part" : ""],
    ["Cut", rest.truncated ? "the capture has only the beginning of its packets" : ""],
  ];
}

function flowDetails(row) {
  const attributes = attributesOf(row);
  const promises = promisesOf(row).map(({ name, basis }) => `${name} (${basis})`);
  const named = (findingsOf.get(field(row, "flow_id")) ?? []).map((finding) => {
    const link = element("a", "", finding.dataset.title);
    link.href = `#${finding.id}`;
    link.addEventListener("click", () => {
      finding.open = true;
    });
    return element("li", "", link);
  });
  const amounts = (name, side) =>
    `${countText(field(row, `packets_${side}`), "packet")}, ${bytesText(field(row, `bytes_${side}`))}, of it ${bytesText(field(row, `payload_bytes_${side}`))} payload`;
  return element(
    "div",
    "inner",
    block("Why", element("ol", "", ...reasonsOf(row).map(reasonText)), named.length > 0 ? element("h3", "", "Findings") : "", named.length > 0 ? element("ul", "", ...named) : ""),
    block(
      "Flow",
      describe([
        ["Begins", beginText(row)],
        ["Ends", `${endText(row)} (${textOf(row, "end_reason")})`],
        ["Lasted", durationText(field(row, "lasted"))],
        ["Sent", amounts("sent", "fwd")],
        ["Received", amounts("received", "rev")],
        ["Source known by", textOf(row, "direction")],
        ["Port promises", promises.join(", ")],
        ...tcpPairs(row),
        ...restPairs(row),
        ["File", textOf(row, "file")],
        ["Flow id", field(row, "flow_id")],
        ["Community id", field(row, "community_id")],
      ]),
    ),
    attributes.length > 0 ? block("Attributes", describe(attributes)) : "",
    block("Wireshark display filter", copyable(displayFilter(row))),
  );
}

