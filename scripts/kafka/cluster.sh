#!/usr/bin/env bash
# Three Apache Kafka brokers for the folder of a site or a federation, each controller and broker in one process.
#
#   cluster.sh start DIR            starts all and prints their addresses, joined by commas, when they serve clients
#   cluster.sh stop DIR             stops all in order; nothing to stop is no error
#   cluster.sh kill DIR ADDRESS     ends the broker that has this address by SIGKILL
#   cluster.sh revive DIR ADDRESS   starts it again and returns when it serves clients
#
# As broker.sh, but replicated: topics are made three times and a write counts when two have it (min.insync.replicas=2);
# no broker becomes leader that lacks what was acknowledged. All three show DIR/broker/tls.pem, so they stand on one
# address. Data, settings, logs and pids are in DIR/broker/cluster. For tests on one machine.
# FAIRWAY_KAFKA_HEAP (megabytes, 320) and FAIRWAY_KAFKA_JVM (more options of java) change the processes.
set -euo pipefail

scripts=$(cd "$(dirname "$0")" && pwd)
wait_seconds=120
nodes=(1 2 3)

fail() { echo "kafka cluster: $*" >&2; exit 1; }
usage() { sed -n '4,7s/^# *//p' "$0" >&2; exit 2; }

[ $# -ge 2 ] || usage
verb=$1
dir=$(cd "$2" 2>/dev/null && pwd) || fail "there is no folder $2: make it by fairway site init or fairway federation init"
home=$dir/broker/cluster

superuser() {
	awk -v want="$1:" '/^[^ ]/ { in_it = ($1 == "superuser:") } in_it && $1 == want { gsub(/"/, "", $2); print $2 }' "$dir/broker/users.yaml"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# running tells whether the pid on file is still this broker and not a later process of the same number.
running() { # node
	local pid; pid=$(cat "$home/$1/pid" 2>/dev/null) || return 1
	kill -0 "$pid" 2>/dev/null && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "$home/$1/server.properties"
}

# free_port is below those that systems give to outgoing connections, and not one of those chosen before.
free_port() {
	local p
	while p=$((20000 + RANDOM % 10000)); answers "$p" || [[ " $taken " == *" $p "* ]]; do :; done
	echo "$p"
}

client_port() { sed -n 's/^advertised.listeners=CLIENT:.*:\([0-9]*\)$/\1/p' "$home/$1/server.properties"; }

configure() {
	local name password n voters="" taken=""
	name=$(superuser name) password=$(superuser password)
	[ -n "$name" ] && [ -n "$password" ] || fail "$dir/broker/users.yaml names no superuser"
	declare -A client controller
	for n in "${nodes[@]}"; do
		client[$n]=$(free_port); taken+=" ${client[$n]}"
		controller[$n]=$(free_port); taken+=" ${controller[$n]}"
		voters+=${voters:+,}$n@127.0.0.1:${controller[$n]}
	done
	cat "$dir/broker/tls.key" "$dir/broker/tls.pem" >"$home/keystore.pem"
	local user="required username=\"$name\" password=\"$password\""
	for n in "${nodes[@]}"; do
		mkdir -p "$home/$n"
		cat >"$home/$n/server.properties" <<-PROPERTIES
			process.roles=broker,controller
			node.id=$n
			controller.quorum.voters=$voters
			listeners=CLIENT://127.0.0.1:${client[$n]},CONTROLLER://127.0.0.1:${controller[$n]}
			advertised.listeners=CLIENT://127.0.0.1:${client[$n]}
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
			listener.name.controller.sasl.enabled.mechanisms=PLAIN
			sasl.mechanism.controller.protocol=PLAIN
			listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule $user user_$name="$password";
			authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
			super.users=User:$name
			allow.everyone.if.no.acl.found=false
			auto.create.topics.enable=false
			unclean.leader.election.enable=false
			log.dirs=$home/$n/data
			default.replication.factor=3
			min.insync.replicas=2
			offsets.topic.replication.factor=3
			offsets.topic.num.partitions=4
			transaction.state.log.replication.factor=3
			transaction.state.log.min.isr=2
			transaction.state.log.num.partitions=1
			group.initial.rebalance.delay.ms=0
			group.min.session.timeout.ms=1000
			num.network.threads=1
			num.io.threads=2
			log.cleaner.dedupe.buffer.size=4194304
			# a dead broker is noticed within three seconds
			broker.session.timeout.ms=3000
			broker.heartbeat.interval.ms=500
			controller.quorum.election.timeout.ms=1000
			controller.quorum.fetch.timeout.ms=2000
		PROPERTIES
	done
	format "$name" "$password"
}

format() { # name password
	local id n
	id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d =)
	for n in "${nodes[@]}"; do
		"${java[@]}" -cp "$libs/*" kafka.tools.StorageTool format -t "a${id:1}" -c "$home/$n/server.properties" \
			--add-scram "SCRAM-SHA-512=[name=$1,password=$2]" >"$home/$n/format.log" 2>&1 ||
			{ tail -n 5 "$home/$n/format.log" >&2; fail "cannot prepare $home/$n/data"; }
	done
}

launch() { # node
	if [ -e "$home/$1/log" ]; then mv "$home/$1/log" "$home/$1/log.1"; fi
	setsid "${java[@]}" -cp "$libs/*" kafka.Kafka "$home/$1/server.properties" >"$home/$1/log" 2>&1 </dev/null &
	echo $! >"$home/$1/pid"
}

await() { # node
	local deadline=$((SECONDS + wait_seconds))
	until grep -q 'Kafka Server started' "$home/$1/log" && answers "$(client_port "$1")"; do
		kill -0 "$(cat "$home/$1/pid")" 2>/dev/null || { grep -E '^Caused by| ERROR ' "$home/$1/log" | tail -n 3 >&2; fail "broker $1 ended at its start: see $home/$1/log"; }
		[ "$SECONDS" -lt "$deadline" ] || fail "broker $1 was not up after $wait_seconds s: see $home/$1/log"
		sleep 0.1
	done
}

start() {
	local n addresses=""
	for n in "${nodes[@]}"; do if running "$n"; then fail "broker $n of $dir runs already: stop it first"; fi; done
	mkdir -p "$home"
	[ -e "$home/3/data/meta.properties" ] || configure
	for n in "${nodes[@]}"; do launch "$n"; done
	for n in "${nodes[@]}"; do
		await "$n"
		addresses+=${addresses:+,}127.0.0.1:$(client_port "$n")
	done
	echo "$addresses"
}

end() { # signal node...
	local signal=$1 n pid deadline=$((SECONDS + wait_seconds)); shift
	# all at once: a broker that stops in order looks for another controller
	for n; do if running "$n"; then kill -s "$signal" "$(cat "$home/$n/pid")"; fi; done
	for n; do
		while running "$n"; do
			# without a quorum the last ones cannot leave in order; what they acknowledged is on disk
			if [ "$SECONDS" -ge $((deadline - wait_seconds + 15)) ]; then pid=$(cat "$home/$n/pid"); kill -s KILL "$pid" 2>/dev/null || true; fi
			[ "$SECONDS" -lt "$deadline" ] || fail "broker $n of $dir does not end: see $home/$n/log"
			sleep 0.1
		done
		rm -f "$home/$n/pid"
	done
}

node_of() { # address
	local n
	for n in "${nodes[@]}"; do if [ "127.0.0.1:$(client_port "$n")" = "$1" ]; then echo "$n"; return; fi; done
	fail "no broker of $dir has the address $1"
}

umask 077
libs=$("$scripts/fetch.sh")
read -ra more <<<"${FAIRWAY_KAFKA_JVM:-}"
java=(java "-Xmx${FAIRWAY_KAFKA_HEAP:-320}m" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 ${more[@]+"${more[@]}"}
	"-Dlog4j2.configurationFile=$scripts/log4j2.properties")

case $verb in
start) start ;;
stop) end TERM "${nodes[@]}" ;;
kill) [ $# = 3 ] || usage; n=$(node_of "$3"); end KILL "$n" ;;
revive) [ $# = 3 ] || usage; n=$(node_of "$3"); launch "$n"; await "$n" ;;
*) usage ;;
esac
