#!/bin/sh
# In the virtual machine: does to the cameras what the world does to them, and keeps what `tiepdon
# scan --camera --json` says meanwhile, a file for each scene in /out/said. tests/camera.rs starts
# this and judges it.   steps.sh NUMBER_OF_FIRST NUMBER_OF_SECOND
# Each step waits for what the command must say next, so no step depends on time.
first=$1 second=$2
said=/out/said
mkdir -p $said

note() { echo "camera: $(cut -d' ' -f1 /proc/uptime) $*"; }
show() { note "shows $2"; cp "$2" "$1/next.jpg" && mv "$1/next.jpg" "$1/picture.jpg"; }
# Does something to the first camera: `does touch stalled`.
does() { note "$*"; (cd /run/webcam && "$@"); }
begin() {
    scene=$1; shift
    : > $said/$scene
    tiepdon scan "$@" --json > $said/$scene 2> $said/$scene.errors &
    scan=$!
}
sees() {
    tries=0
    until tail -n 1 $said/$scene | grep -q "$1"; do
        tries=$((tries + 1))
        if [ $tries = 600 ]; then
            note "$scene: never said $1"; tail -n 3 $said/$scene; end; exit 1
        fi
        usleep 100000
    done
    note "$scene: said $1"
}
end() { kill -TERM $scan; wait $scan; note "$scene: exit $?"; }

scene_yuyv() {
    does touch unplugged
    until ! ls /sys/class/video4linux | xargs -I% cat /sys/class/video4linux/%/name | grep -q Lab; do usleep 100000; done
    begin yuyv --camera=Lab
    sees '"id":"missing"'
    does rm unplugged; sees "$first"
    show /run/webcam /second.jpg; sees "$second"
    does touch stalled; sees '"id":"stalled"'
    does rm stalled; sees "$second"
    does rm picture.jpg; sees '"id":"blank"'
    show /run/webcam /first.jpg; sees "$first"
    # Somebody holds the old device file, so the camera gets another one.
    held=$(tail -n 1 $said/yuyv | grep -o '/dev/video[0-9]*')
    sleep 1000 < "$held" & holder=$!
    does touch unplugged; sees '"id":"missing"'
    does rm unplugged; sees "$first"
    kill $holder
    end
}

scene_mjpg() {
    begin mjpg --camera=Lab --format MJPG --exposure 200
    sees "$first"
    show /run/webcam /broken.jpg; sees '"id":"broken"'
    show /run/webcam /bare.jpg; sees "$second"
    show /run/webcam /cut.jpg; sees '"id":"broken"'
    show /run/webcam /first.jpg; sees "$first"
    tiepdon scan --camera=Lab --json --seconds 2 > $said/busy; note "busy: exit $?"
    end
}

scene_replaced() {
    # By its device file: whoever is there when that file is gone, known by its name, takes its place.
    file=$(tail -n 1 $said/mjpg | grep -o '/dev/video[0-9]*')
    mkdir -p /run/other; show /run/other /second.jpg
    webcam /run/other 1 & other=$!
    until [ "$(cat /sys/class/video4linux/*/name | grep -c Lab)" = 4 ]; do usleep 100000; done
    begin replaced --camera=$file
    sees "$first"
    does touch unplugged; sees "$second"
    does rm unplugged; end
    kill $other
}

scene_vivid() {
    tiepdon scan --camera=vivid --json --seconds 2 > $said/vivid
    for format in GREY NV12 YU12 422P YUYV YVYU UYVY VYUY; do
        tiepdon scan --camera=vivid --format $format --json --seconds 2 > $said/vivid_$format
    done
    tiepdon scan --camera=vivid --format RGB3 --json --seconds 1 > $said/vivid_RGB3
    note "RGB3: exit $?"
}

scene_doctor() {
    tiepdon config example > /tmp/example
    sed 's/^# \[camera\]/[camera]\ndevice = "Lab"\nfocus = 30/' /tmp/example > /tmp/tiepdon.toml
    tiepdon doctor --config /tmp/tiepdon.toml --json > $said/doctor
    does rm picture.jpg
    tiepdon doctor --config /tmp/tiepdon.toml --json > $said/doctor_blank
    show /run/webcam /first.jpg
    does touch unplugged
    until ! cat /sys/class/video4linux/*/name | grep -q Lab; do usleep 100000; done
    tiepdon doctor --config /tmp/tiepdon.toml --json > $said/doctor_missing
}

scene_yuyv
scene_mjpg
scene_replaced
scene_vivid
scene_doctor
# Every scene came to its end; what was said is judged elsewhere.
exit 0
