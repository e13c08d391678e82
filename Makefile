# The commands of the README, and what the project checks itself with.

CAPTURE = captures/tour.pcapng
FUZZ_SECONDS = 600

.PHONY: demo test report-check deb deb-check score fuzz bench-peers bench-live clean

## demo: install what is missing (libpcap's headers), build, and label a shipped capture
demo:
	@.ci/packages build
	cargo build --release
	./target/release/wiretell read $(CAPTURE)

## test: install what the tests need besides (iproute2, nftables, tcpdump, tshark, openssl), run all of them
test:
	@.ci/packages build
	@.ci/packages test
	cargo test

## report-check: open reports of shipped captures in a headless Chromium, where there is one, and use them as a reader would
report-check:
	cargo build --release
	tests/report/check

## deb: a Debian package of the release binary, in target/deb
deb:
	@.ci/packages build
	cargo build --release
	packaging/deb

## deb-check: make it, and install, use, remove and purge it in a copy of this machine's file system that forgets
deb-check: deb
	packaging/deb-check target/deb/wiretell_*.deb

## score: measure how often the labels are right on the captures in ../shared, where they are present, and write it to docs/accuracy.md
score:
	cargo build --release
	.ci/score ../shared --record

## bench-peers: install what is missing of tcpdump, tshark's editcap, ndpiReader, softflowd and argus, make large captures (4 GB in
## target/peers), run all of them side by side, and write the figures to docs/performance.md
bench-peers:
	@.ci/packages build
	@.ci/packages peers
	cargo build --release
	benches/peers --write docs/performance.md

## bench-live: as root, find the rate at which wiretell, tcpdump and ndpiReader lose their first packet on an interface, and write
## it to docs/performance.md
bench-live:
	@.ci/packages build
	@.ci/packages peers
	cargo build --release
	benches/live --write docs/performance.md

## fuzz: look for inputs that panic, hang or grow, FUZZ_SECONDS for each target (needs nightly and cargo-fuzz)
fuzz:
	.ci/fuzz $(FUZZ_SECONDS)

## clean: remove what was built
clean:
	cargo clean
