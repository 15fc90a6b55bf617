#!/bin/sh
# In the virtual machine: does to the USB printer what the world does to it, and keeps what `tiepdon
# printer --json` says meanwhile, a file for each scene in /out/said; how long it took to say it goes
# to /out/times. tests/printer_usb.rs starts this and judges it.
# Each step waits for what the command must say next, so no step depends on time.
said=/out/said
mkdir -p $said
printer=/run/printer

note() { echo "printer: $(seconds) $*"; }
seconds() { cut -d' ' -f1 /proc/uptime; }
does() { note "$*"; (cd $printer && "$@"); }

begin() {
    scene=$1; shift
    : > $said/$scene
    tiepdon printer --config /tmp/tiepdon.toml --json "$@" > $said/$scene 2> $said/$scene.errors &
    asking=$!
}
end() { kill -TERM $asking; wait $asking; }
# What the last line must have: a reason, or `null` for none.
says() {
    tries=0
    until tail -n 1 $said/$scene | grep -q "$1"; do
        tries=$((tries + 1))
        if [ $tries = 1500 ]; then
            note "$scene: never said $1"; tail -n 3 $said/$scene; cat $said/$scene.errors; end; exit 1
        fi
        usleep 20000
    done
}
# `fault NAME PATTERN COMMAND…`: does it, and measures until PATTERN is said.
fault() {
    name=$1 pattern=$2; shift 2
    begun=$(seconds)
    does "$@"
    says "$pattern"
    echo "$scene $name $begun $(seconds)" >> /out/times
}
reason() { echo "\"reason\":\"$1\""; }
well='"reason":null'
put() { echo "$2" > new; mv new "$1"; }

scene_idle() {
    begin idle --watch
    says "$well"
    fault port_paper_out "$(reason media-empty)" put status 0x38; fault port_well "$well" put status 0x18
    fault port_error "$(reason other)" put status 0x10; fault port_well "$well" put status 0x18
    fault port_deselected "$(reason shutdown)" put status 0x08; fault port_well "$well" put status 0x18
    fault paper_end "$(reason media-empty)" put eot4 0x7e; fault paper "$well" rm eot4
    fault near_end "$(reason media-low)" put eot4 0x1e; fault paper "$well" rm eot4
    fault cover "$(reason cover-open)" put eot2 0x16; fault closed "$well" rm eot2
    fault cutter "$(reason separation-cutter-jam)" put eot3 0x1a; fault free "$well" rm eot3
    fault unrecoverable "$(reason other)" put eot3 0x32; fault recovered "$well" rm eot3
    fault mute "$(reason timed-out)" touch mute; fault talks "$well" rm mute
    fault stalled "$(reason timed-out)" touch stalled; fault reads "$well" rm stalled
    fault unplugged "$(reason shutdown)" touch unplugged; fault plugged "$well" rm unplugged
    sleep 1000 < /dev/usb/lp0 & holder=$!
    fault busy "$(reason connecting-to-device)" true
    kill $holder; fault free "$well" true
    end
}

# Tickets, one after another, while the fault comes.
scene_printing() {
    begin printing --test 1000
    says '"paper":"ok-after"'
    fault port_paper_out "$(reason media-empty)" put status 0x38
    fault port_well '"paper":"ok-after"' put status 0x18
    fault paper_end "$(reason media-empty)" put eot4 0x7e; fault paper '"paper":"ok-after"' rm eot4
    fault cover "$(reason cover-open)" put eot2 0x16; fault closed '"paper":"ok-after"' rm eot2
    fault mute "$(reason timed-out)" touch mute; fault talks '"paper":"ok-after"' rm mute
    fault stalled "$(reason timed-out)" touch stalled; fault reads '"paper":"ok-after"' rm stalled
    fault unplugged "$(reason shutdown)" touch unplugged; fault plugged '"paper":"ok-after"' rm unplugged
    end
}

# A printer that reads nothing from the first: a ticket goes into the pipe, the next one does not.
scene_pipe() {
    does touch stalled
    begin pipe --test 4
    fault full "$(reason timed-out)" true
    # Half of a ticket is in the pipe when the cable is pulled.
    does touch unplugged; wait $asking
    does rm stalled; does rm unplugged
    until [ -e /dev/usb/lp0 ]; do usleep 20000; done
}

# Bytes that nobody asked for: statuses, half an echo, flow control.
scene_stray() {
    begin stray --test 5
    until [ "$(wc -l < $said/stray)" = 1 ]; do usleep 20000; done
    while kill -0 $asking 2> /dev/null; do
        printf '\023\067\042A01\177\021\060\000' > $printer/new && mv $printer/new $printer/say
        usleep 300000
    done
    wait $asking; note "stray: exit $?"
}

# Another printer behind the same gadget: it says when a ticket is done, and prints what it gets.
scene_echo() {
    kill $(pidof printer)
    tiepdon sim printer --device /dev/g_printer0 --out /out/paper 2> $said/sim &
    sim=$!
    until grep -q g_printer0 $said/sim; do usleep 20000; done
    begin echo --test 2; wait $asking; note "echo: exit $?"
    kill $sim
}

tiepdon config example | sed 's|^device = "/dev/tiepdon/printer"|device = "/dev/usb/lp0"|' > /tmp/tiepdon.toml
: > /out/times
scene_idle
: > $printer/paper.bin
scene_printing
scene_pipe
scene_stray
cp $printer/paper.bin /out/paper.bin
scene_echo
tiepdon doctor --config /tmp/tiepdon.toml --json > $said/doctor
# Every scene came to its end; what was said is judged elsewhere.
exit 0
