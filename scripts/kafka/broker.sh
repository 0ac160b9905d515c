#!/usr/bin/env bash
# One Apache Kafka broker for the folder of a site or a federation.
#
#   broker.sh start DIR HOST:PORT   starts it and returns when it serves clients; status 1 and a reason otherwise
#   broker.sh prepare DIR HOST:PORT writes its settings and prepares its folder of data, and starts nothing: for a
#                                   container that sees DIR under the same path
#   broker.sh stop DIR              stops it in order and returns when it has ended; nothing to stop is no error
#   broker.sh kill DIR              the same by SIGKILL, for tests
#   broker.sh restart DIR           stops it in order and starts it where it was
#
# DIR is what "fairway site init" or "fairway federation init" made. The broker shows DIR/broker/tls.pem, speaks TLS 1.3
# only, asks for SCRAM-SHA-512, denies what no right allows and creates no topic by itself. It knows one user: the
# superuser of DIR/broker/users.yaml, by whom "fairway site provision-broker" (or "fairway federation
# provision-broker") then makes topics, users and rights, also after DIR has changed. Data, settings, log and pid are in
# DIR/broker/kafka; a second start goes on with the same data. One process is controller and broker, with heaps and
# timings for tests on one machine: production has a cluster of its own, with the same rules.
# FAIRWAY_KAFKA_HEAP (megabytes, 320) and FAIRWAY_KAFKA_JVM (more options of java) change the process.
set -euo pipefail

scripts=$(cd "$(dirname "$0")" && pwd)
wait_seconds=90

fail() { echo "kafka: $*" >&2; exit 1; }
usage() { sed -n '4,9s/^# *//p' "$0" >&2; exit 2; }

[ $# -ge 2 ] || usage
verb=$1
dir=$(cd "$2" 2>/dev/null && pwd) || fail "there is no folder $2: make it by fairway site init or fairway federation init"
home=$dir/broker/kafka
settings=$home/server.properties

# running tells whether the pid on file is still this broker and not a later process of the same number.
running() {
	[ -s "$home/pid" ] || return 1
	local pid; pid=$(cat "$home/pid")
	kill -0 "$pid" 2>/dev/null || return 1
	if [ -r "/proc/$pid/cmdline" ]; then
		tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "$settings"
	else
		ps -o args= -p "$pid" | grep -qF "$settings"
	fi
}

# superuser prints the superuser's name or password.
superuser() {
	awk -v want="$1:" '/^[^ ]/ { in_it = ($1 == "superuser:") } in_it && $1 == want { gsub(/"/, "", $2); print $2 }' "$dir/broker/users.yaml"
}

configure() { # host port
	local name password controller
	name=$(superuser name) password=$(superuser password)
	[ -n "$name" ] && [ -n "$password" ] || fail "$dir/broker/users.yaml names no superuser"
	cat "$dir/broker/tls.key" "$dir/broker/tls.pem" >"$home/keystore.pem"
	controller=$(controller_port)
	local user="required username=\"$name\" password=\"$password\""
	cat >"$settings" <<-PROPERTIES
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$controller
		listeners=CLIENT://$1:$2,CONTROLLER://127.0.0.1:$controller
		advertised.listeners=CLIENT://$1:$2
		controller.listener.names=CONTROLLER
		inter.broker.listener.name=CLIENT
		listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:SASL_SSL
		ssl.keystore.type=PEM
		ssl.keystore.location=$home/keystore.pem
		ssl.truststore.type=PEM
		ssl.truststore.location=$dir/ca.pem
		ssl.protocol=TLSv1.3
		ssl.enabled.protocols=TLSv1.3
		sasl.enabled.mechanisms=SCRAM-SHA-512
		sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
		listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule $user;
		# passwords by SCRAM lie in what the controller itself keeps: its own listener cannot ask for one
		listener.name.controller.sasl.enabled.mechanisms=PLAIN
		sasl.mechanism.controller.protocol=PLAIN
		listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule $user user_$name="$password";
		authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
		super.users=User:$name
		allow.everyone.if.no.acl.found=false
		auto.create.topics.enable=false
		log.dirs=$home/data
		default.replication.factor=1
		offsets.topic.replication.factor=1
		offsets.topic.num.partitions=4
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		transaction.state.log.num.partitions=1
		group.initial.rebalance.delay.ms=0
		group.min.session.timeout.ms=1000
		num.network.threads=1
		num.io.threads=2
		# the cleaner's own default is larger than a small heap
		log.cleaner.dedupe.buffer.size=4194304
	PROPERTIES
}

# controller_port picks one below those that systems give to outgoing connections, which no probe would see.
controller_port() {
	local p
	for _ in $(seq 50); do
		p=$((20000 + RANDOM % 10000))
		if ! answers 127.0.0.1 "$p"; then echo "$p"; return; fi
	done
	fail "no free port for the controller between 20000 and 30000"
}

answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

start() { # host:port
	local host=${1%:*} port=${1##*:}
	case $1 in *:*) ;; *) fail "$1 is no host:port" ;; esac
	running && fail "the broker of $dir runs already (process $(cat "$home/pid")): stop it first"
	answers "$host" "$port" && fail "something listens on $1 already: stop it, or choose another port"
	local libs; libs=$("$scripts/fetch.sh")
	mkdir -p "$home"
	configure "$host" "$port"
	[ -e "$home/data/meta.properties" ] || format "$libs"
	if [ -e "$home/log" ]; then mv "$home/log" "$home/log.1"; fi
	# its own session: an interrupt at a terminal is for whoever started it, who then stops it in order
	setsid "${java[@]}" -cp "$libs/*" kafka.Kafka "$settings" >"$home/log" 2>&1 </dev/null &
	echo $! >"$home/pid"
	await "$host" "$port"
}

prepare() { # host:port
	case $1 in *:*) ;; *) fail "$1 is no host:port" ;; esac
	local libs; libs=$("$scripts/fetch.sh")
	mkdir -p "$home"
	configure "${1%:*}" "${1##*:}"
	[ -e "$home/data/meta.properties" ] || format "$libs"
}

format() { # libs
	local name password id
	name=$(superuser name) password=$(superuser password)
	id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d =)
	# a name that begins with a hyphen is not accepted as an identity
	"${java[@]}" -cp "$1/*" kafka.tools.StorageTool format -t "a${id:1}" -c "$settings" \
		--add-scram "SCRAM-SHA-512=[name=$name,password=$password]" >"$home/format.log" 2>&1 ||
		{ tail -n 5 "$home/format.log" >&2; fail "cannot prepare $home/data: see $home/format.log"; }
}

await() { # host port
	local deadline=$((SECONDS + wait_seconds))
	until grep -q 'Kafka Server started' "$home/log" && answers "$1" "$2"; do
		# not yet running(): the process may still be about to become java
		kill -0 "$(cat "$home/pid")" 2>/dev/null || {
			{ grep -E '^Caused by| ERROR ' "$home/log" || true; } | tail -n 3 >&2
			rm -f "$home/pid"
			fail "the broker of $dir ended at its start: see $home/log"
		}
		[ "$SECONDS" -lt "$deadline" ] || { end KILL; fail "the broker of $dir was not up after $wait_seconds s: see $home/log"; }
		sleep 0.1
	done
}

end() { # signal
	running || { rm -f "$home/pid"; return 0; }
	local pid address deadline=$((SECONDS + wait_seconds)); pid=$(cat "$home/pid")
	address=$(sed -n 's:^advertised.listeners=CLIENT\://::p' "$settings")
	kill -s "$1" "$pid"
	# a killed process looks gone a moment before its port is free
	while running || answers "${address%:*}" "${address##*:}"; do
		[ "$SECONDS" -lt "$deadline" ] || fail "the broker of $dir (process $pid) does not end: see $home/log"
		sleep 0.1
	done
	rm -f "$home/pid"
}

umask 077
read -ra more <<<"${FAIRWAY_KAFKA_JVM:-}"
java=(java "-Xmx${FAIRWAY_KAFKA_HEAP:-320}m" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 ${more[@]+"${more[@]}"}
	"-Dlog4j2.configurationFile=$scripts/log4j2.properties")

case $verb in
start) [ $# = 3 ] || usage; start "$3" ;;
prepare) [ $# = 3 ] || usage; prepare "$3" ;;
stop) end TERM ;;
kill) end KILL ;;
restart)
	address=$(sed -n 's:^advertised.listeners=CLIENT\://::p' "$settings")
	end TERM
	start "$address" ;;
*) usage ;;
esac
