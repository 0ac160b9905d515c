# shellcheck shell=bash
# Sourced by broker.sh and cluster.sh: one process, controller and broker of Apache Kafka at once, in a folder of its own
# that holds settings, data, log and pid. Expects $dir, the folder of a site or a federation, and $wait_seconds.
#
# FAIRWAY_KAFKA_HEAP (megabytes, 320) and FAIRWAY_KAFKA_JVM (more options of java) change the process, FAIRWAY_KAFKA_DEAD_AFTER
# (milliseconds, 3000) how soon three take one of them for dead.

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
umask 077
read -ra more <<<"${FAIRWAY_KAFKA_JVM:-}"
java=(java "-Xmx${FAIRWAY_KAFKA_HEAP:-320}m" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 ${more[@]+"${more[@]}"}
	"-Dlog4j2.configurationFile=$scripts/log4j2.properties")

fail() { echo "kafka: $*" >&2; exit 1; }

# superuser prints the superuser's name or password.
superuser() {
	awk -v want="$1:" '/^[^ ]/ { in_it = ($1 == "superuser:") } in_it && $1 == want { gsub(/"/, "", $2); print $2 }' "$dir/broker/users.yaml"
}

answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# free_port picks one below those that systems give to outgoing connections, which no probe would see, and none of those
# that it is told.
free_port() { # taken...
	local p
	for _ in $(seq 50); do
		p=$((20000 + RANDOM % 10000))
		if ! answers 127.0.0.1 "$p" && [[ " $* " != *" $p "* ]]; then echo "$p"; return; fi
	done
	fail "no free port between 20000 and 30000"
}

# running tells whether the pid on file is still this process and not a later one of the same number.
running() { # folder
	[ -s "$1/pid" ] || return 1
	local pid; pid=$(cat "$1/pid")
	kill -0 "$pid" 2>/dev/null || return 1
	if [ -r "/proc/$pid/cmdline" ]; then
		tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "$1/server.properties"
	else
		ps -o args= -p "$pid" | grep -qF "$1/server.properties"
	fi
}

# address is where clients reach it, host:port.
address() { sed -n 's:^advertised.listeners=CLIENT\://::p' "$1/server.properties"; } # folder

# configure writes the settings of node ID of a quorum. With more than one voter everything is kept by all, a write counts
# when two have it, and no broker becomes leader that lacks what was acknowledged.
configure() { # folder id host:port voters (id@host:port, by commas)
	local name password controller voters enough=1
	name=$(superuser name) password=$(superuser password)
	[ -n "$name" ] && [ -n "$password" ] || fail "$dir/broker/users.yaml names no superuser"
	IFS=, read -ra voters <<<"$4"
	[ "${#voters[@]}" = 1 ] || enough=2
	controller=$(tr , '\n' <<<"$4" | sed -n "s/^$2@//p")
	cat "$dir/broker/tls.key" "$dir/broker/tls.pem" >"$1/keystore.pem"
	local user="required username=\"$name\" password=\"$password\""
	cat >"$1/server.properties" <<-PROPERTIES
		process.roles=broker,controller
		node.id=$2
		controller.quorum.voters=$4
		listeners=CLIENT://$3,CONTROLLER://$controller
		advertised.listeners=CLIENT://$3
		controller.listener.names=CONTROLLER
		inter.broker.listener.name=CLIENT
		listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:SASL_SSL
		ssl.keystore.type=PEM
		ssl.keystore.location=$1/keystore.pem
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
		unclean.leader.election.enable=false
		log.dirs=$1/data
		default.replication.factor=${#voters[@]}
		min.insync.replicas=$enough
		offsets.topic.replication.factor=${#voters[@]}
		offsets.topic.num.partitions=4
		transaction.state.log.replication.factor=${#voters[@]}
		transaction.state.log.min.isr=$enough
		transaction.state.log.num.partitions=1
		group.initial.rebalance.delay.ms=0
		group.min.session.timeout.ms=1000
		num.network.threads=1
		num.io.threads=2
		# the cleaner's own default is larger than a small heap
		log.cleaner.dedupe.buffer.size=4194304
	PROPERTIES
	[ "${#voters[@]}" = 1 ] || cat >>"$1/server.properties" <<-PROPERTIES
		# how soon a dead broker is noticed; a living one on a busy machine must not be taken for dead
		broker.session.timeout.ms=${FAIRWAY_KAFKA_DEAD_AFTER:-3000}
		broker.heartbeat.interval.ms=500
		controller.quorum.election.timeout.ms=1000
		controller.quorum.fetch.timeout.ms=2000
	PROPERTIES
}

cluster_id() { # one that begins with a hyphen is not accepted
	local id; id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d =)
	echo "a${id:1}"
}

# format prepares its folder of data, unless that is there.
format() { # folder cluster-id libs
	[ ! -e "$1/data/meta.properties" ] || return 0
	"${java[@]}" -cp "$3/*" kafka.tools.StorageTool format -t "$2" -c "$1/server.properties" \
		--add-scram "SCRAM-SHA-512=[name=$(superuser name),password=$(superuser password)]" >"$1/format.log" 2>&1 ||
		{ tail -n 5 "$1/format.log" >&2; fail "cannot prepare $1/data: see $1/format.log"; }
}

launch() { # folder libs
	if [ -e "$1/log" ]; then mv "$1/log" "$1/log.1"; fi
	# its own session: an interrupt at a terminal is for whoever started it, who then stops it in order
	setsid "${java[@]}" -cp "$2/*" kafka.Kafka "$1/server.properties" >"$1/log" 2>&1 </dev/null &
	echo $! >"$1/pid"
}

# await returns when it serves clients.
await() { # folder
	local at deadline=$((SECONDS + wait_seconds)); at=$(address "$1")
	until grep -q 'Kafka Server started' "$1/log" && answers "${at%:*}" "${at##*:}"; do
		# not yet running(): the process may still be about to become java
		kill -0 "$(cat "$1/pid")" 2>/dev/null || {
			{ grep -E '^Caused by| ERROR ' "$1/log" || true; } | tail -n 3 >&2
			rm -f "$1/pid"
			fail "the broker of $1 ended at its start: see $1/log"
		}
		[ "$SECONDS" -lt "$deadline" ] || { end KILL "$1"; fail "the broker of $1 was not up after $wait_seconds s: see $1/log"; }
		sleep 0.1
	done
}

# end stops them all at once, since one that stops in order looks for another controller. Without a quorum the last ones
# cannot leave in order: they are killed after a while, and what they acknowledged is on disk.
end() { # signal folder...
	local signal=$1 home at deadline=$((SECONDS + wait_seconds)) patience=$((SECONDS + 15)); shift
	for home; do if running "$home"; then kill -s "$signal" "$(cat "$home/pid")"; fi; done
	for home; do
		[ -e "$home/pid" ] || continue
		at=$(address "$home")
		# a killed process looks gone a moment before its port is free
		while running "$home" || answers "${at%:*}" "${at##*:}"; do
			if [ $# -gt 1 ] && [ "$SECONDS" -ge "$patience" ]; then kill -s KILL "$(cat "$home/pid")" 2>/dev/null || true; fi
			[ "$SECONDS" -lt "$deadline" ] || fail "the broker of $home (process $(cat "$home/pid")) does not end: see $home/log"
			sleep 0.1
		done
		rm -f "$home/pid"
	done
}
