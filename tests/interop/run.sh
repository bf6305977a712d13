#!/usr/bin/env bash
# HomeMeeting's own browser client joins our MCU. Neither that client nor its driver is part of this project; both are found by
#   HITDECK_INTEROP_DRIVER   the driver (drive.mjs), with playwright-core installed beside it
#   HITDECK_WEB_JOINNET      a work tree of Web JoinNet 3.14
# Without them, node or chromium it says `skipped: …` and succeeds. HITDECK names another binary than the debug build,
# HITDECK_INTEROP_SHOTS a folder for screenshots, HITDECK_TRANSCRIPTS one for what the clients send. Exit status: 0 all steps held or skipped, 1 a step did not, 2 the set-up failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)

skip() { printf 'skipped: %s\n' "$*"; exit 0; }
fail() { printf '%s\n' "$*" >&2; exit 2; }

driver=${HITDECK_INTEROP_DRIVER-}
client=${HITDECK_WEB_JOINNET-}
[ -n "$driver" ] || skip "HITDECK_INTEROP_DRIVER does not name the driver"
[ -n "$client" ] || skip "HITDECK_WEB_JOINNET does not name a checkout of the client"
[ -f "$driver" ] || skip "there is no driver at $driver"
[ -f "$client/index.htm" ] || skip "there is no client in $client"
command -v node >/dev/null || skip "node is not installed"
command -v "${CHROMIUM:-chromium}" >/dev/null || skip "chromium is not installed"
hitdeck=${HITDECK:-${CARGO_TARGET_DIR:-$top/target}/debug/hitdeck}
[ -x "$hitdeck" ] || fail "there is no $hitdeck: run cargo build first"
driver=$(realpath "$driver")
client=$(realpath "$client")

work=$(mktemp -d)
mcu=
full=
stayer=
# shellcheck disable=SC2317  # called by the trap
clean_up() {
    if [ -n "$mcu" ]; then
        kill -TERM "$mcu" 2>/dev/null || true
        wait "$mcu" || true
    fi
    for other in $stayer $full; do
        kill -TERM "$other" 2>/dev/null || true
        wait "$other" || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
shots=${HITDECK_INTEROP_SHOTS:-$work/shots}

"$hitdeck" init "$work/installation" >"$work/init.out"

# The MCU's standard output is a pipe, so its one line is waited for and not looked for again and again.
mkfifo "$work/says"
"$hitdeck" mcu "$work/installation" --listen 127.0.0.1:0 ${HITDECK_TRANSCRIPTS:+--transcripts "$HITDECK_TRANSCRIPTS"} >"$work/says" 2>"$work/mcu.log" &
mcu=$!
exec 3<"$work/says"
IFS=' ' read -r -t 30 word address <&3 || fail "the MCU ended or said nothing for 30 s: $(cat "$work/mcu.log")"
[ "$word" = listening ] || fail "the MCU said \"$word $address\" and not \"listening IP:PORT\""
printf 'MCU on %s\n' "$address"

# jnj NAME MEETING OPTION...: issues $work/NAME.jnj just before it is used, since it is fresh for five minutes only.
jnj() {
    local name=$1 meeting=$2
    shift 2
    "$hitdeck" jnj new "$work/installation" --owner olive:Olive --meeting "$meeting" --mcu "$address" -o "$work/$name.jnj" "$@"
}

# Makes three files that an MCU refuses.
refusals() {
    local meeting=$1 small=$work/small there
    jnj stale "$meeting" --set "timestamp.value=$(($(date +%s) - 86400))"
    # The owner ends the event; a fresh jnj does not open it again.
    jnj over "$meeting-event" --duration 60
    "$hitdeck" join "$work/over.jnj" --end || fail "the event could not be held"
    jnj over "$meeting-event" --duration 60
    # A second server, with one connection in its licence.
    "$hitdeck" init "$small" >/dev/null
    printf "max_connection = 1\n" >>"$small/license.ini"
    mkfifo "$work/small-says"
    "$hitdeck" mcu "$small" --listen 127.0.0.1:0 >"$work/small-says" 2>"$work/small.log" &
    full=$!
    exec 4<"$work/small-says"
    IFS=' ' read -r -t 30 _ there <&4 || fail "the small MCU said nothing: $(cat "$work/small.log")"
    "$hitdeck" jnj new "$small" --owner olive:Olive --meeting m --mcu "$there" -o "$work/stayer.jnj"
    mkfifo "$work/stayer-says"
    "$hitdeck" join "$work/stayer.jnj" --stay 120s --json >"$work/stayer-says" &
    stayer=$!
    exec 5<"$work/stayer-says"
    until read -r -t 30 line <&5 && [[ $line == *'"joined"'* ]]; do
        kill -0 "$stayer" || fail "nobody could take the only connection"
    done
    "$hitdeck" jnj new "$small" --owner olive:Olive --meeting m --guest gus:Gus --invited --mcu "$there" -o "$work/full.jnj"
}

# takes_part FILE STEP...: our own client, in the background, one --do after the other.
takes_part() {
    local file=$1 step arguments=()
    shift
    for step in "$@"; do arguments+=(--do "$step"); done
    "$hitdeck" join "$file" "${arguments[@]}" --stay 20s &
    ours=$!
}

failed=0
ours=
for steps in "$here"/steps/*.json; do
    name=$(basename "$steps" .json)
    # With names as arguments, only those.
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    # Each run has a meeting of its own: nothing of the one before may be seen.
    meeting=interop-$name-$$
    case $name in
        owner-and-guest)
            jnj owner "$meeting"
            jnj guest "$meeting" --guest gus:Gus --invited
            vars=(--var "owner=$work/owner.jnj" --var "guest=$work/guest.jnj")
            ;;
        password)
            jnj locked "$meeting" --password 'open sesame'
            vars=(--var "locked=$work/locked.jnj")
            ;;
        browser-and-hitdeck)
            # Event-based, so that our guest may come first; it waits for the browser's line, and the browser for it to leave.
            jnj owner "$meeting" --duration 60
            jnj guest "$meeting" --duration 60 --guest gus:Gus --invited
            vars=(--var "owner=$work/owner.jnj")
            "$hitdeck" join "$work/guest.jnj" --say '嗨 from hitdeck join' --expect 'Olive>從瀏覽器 hello' &
            ours=$!
            ;;
        floor)
            jnj owner "$meeting"
            jnj guest "$meeting" --guest gus:Gus --invited
            vars=(--var "owner=$work/owner.jnj" --var "guest=$work/guest.jnj")
            ;;
        hitdeck-guest)
            # Event-based, so that our guest may come first; it hands the token over, and does what it may at each moment.
            jnj owner "$meeting" --duration 60
            jnj guest "$meeting" --duration 60 --guest gus:Gus --invited
            vars=(--var "owner=$work/owner.jnj")
            takes_part "$work/guest.jnj" 'until-people 2' 'token Olive' 'until-questioner me' 'end-question me' 'until-listener me' \
                'until-heard ask now' ask 'say asked' \
                'until-questioner me' 'end-question me' 'until-listener me' 'say stopped' \
                'until-chair me' 'until-questioner Olive' 'say chair 主席' 'token Olive' 'until-chair Olive' \
                'until-questioner me' 'end-question me' 'until-listener me' 'say given back' \
                until-poll 'answer 4' 'say voted' 'until-recording paused' 'say paused' 'until-recording on' \
                'whisper Olive: psst 悄悄話' 'until-heard between us' 'say heard it' 'until-assistant me' 'say deputy'
            ;;
        hitdeck-owner)
            jnj owner "$meeting"
            jnj guest "$meeting" --guest gus:Gus --invited
            vars=(--var "guest=$work/guest.jnj")
            takes_part "$work/owner.jnj" 'until-people 2' 'say ask now' 'until-asking Gus' 'skip Gus' 'say skipped' \
                'until-asking Gus' 'allow Gus' 'until-heard I speak' 'end-question Gus' 'until-heard I listen' \
                'token Gus' 'until-heard I chair' \
                'token me' 'until-questioner Gus' 'until-listener Gus' 'until-heard poll me' \
                poll 'until-answers 1' 'say counted' pause 'until-recording paused' resume 'until-recording on' 'title 新標題' \
                'whisper Gus: psst 悄悄話' 'until-heard only for you' 'page http://page.example/' 'until-heard back 回來' 'say goodbye' end
            ;;
        visitors)
            jnj owner "$meeting"
            jnj third "$meeting" --guest tess:Tess
            jnj guest "$meeting" --guest gus:Gus
            vars=(--var "owner=$work/owner.jnj" --var "third=$work/third.jnj" --var "guest=$work/guest.jnj")
            ;;
        guests)
            # An event: who may enter before its owner is there, who is seen by whom, and what somebody who comes late is told.
            jnj owner "$meeting" --duration 60
            jnj early "$meeting" --duration 60 --guest tess:Tess
            jnj holder "$meeting" --duration 60 --guest tim:Tim --ticket
            jnj guest "$meeting" --duration 60 --guest gus:Gus --invited
            jnj late "$meeting" --duration 60 --guest lee:Lee --invited
            vars=(--var "owner=$work/owner.jnj" --var "early=$work/early.jnj" --var "holder=$work/holder.jnj" --var "guest=$work/guest.jnj" --var "late=$work/late.jnj")
            ;;
        message)
            # Person-based, and the owner is away. An owner of its own: an office that another run has left open for a minute is no empty one.
            away=(--owner "away$$:Olive" --meeting "$meeting" --mcu "$address")
            "$hitdeck" jnj new "$work/installation" "${away[@]}" --guest gus:Gus --invited -o "$work/guest.jnj"
            "$hitdeck" jnj new "$work/installation" "${away[@]}" --guest dan:Dan --invited -o "$work/decliner.jnj"
            "$hitdeck" jnj new "$work/installation" "${away[@]}" --command talktovisitor -o "$work/talk.jnj"
            vars=(--var "guest=$work/guest.jnj" --var "decliner=$work/decliner.jnj" --var "talk=$work/talk.jnj")
            ;;
        control)
            jnj owner "$meeting"
            jnj guest "$meeting" --guest gus:Gus --invited
            jnj third "$meeting" --guest tess:Tess --invited
            vars=(--var "owner=$work/owner.jnj" --var "guest=$work/guest.jnj" --var "third=$work/third.jnj")
            ;;
        playback)
            # Recorded by the MCU itself: Olive and Gus, who says one, three and five two seconds apart; she ends it after nine. An event,
            # or it would be in the office that an earlier run has left open for a minute.
            jnj owner "$meeting" --duration 60
            "$hitdeck" join "$work/owner.jnj" --expect 'five 五' --stay 4s --end &
            ours=$!
            jnj guest "$meeting" --duration 60 --guest gus:Gus --invited
            "$hitdeck" join "$work/guest.jnj" --say 'one 一' --say 'three 三' --say 'five 五' --every 2s --stay 6s \
                || fail "the guest of the meeting that was to be recorded ended with status $?"
            wait "$ours" || fail "the owner of the meeting that was to be recorded ended with status $?"
            ours=
            jnj recording "$meeting" --command playback
            vars=(--var "recording=$work/recording.jnj")
            ;;
        refuse)
            # Of natural causes: a server of one connection which somebody has, an event whose time is up, a jnj of yesterday.
            vars=(--var "refuse_full=$work/full.jnj" --var "refuse_over=$work/over.jnj" --var "refuse_auth=$work/stale.jnj")
            refusals "$meeting"
            ;;
        *) fail "tests/interop/run.sh does not know which jnj files $name.json needs" ;;
    esac
    printf '== %s\n' "$name"
    # From the driver's folder, where it looks for playwright-core.
    if ! (cd "$(dirname "$driver")" && node "$driver" --client "$client" --steps "$steps" --out "$shots/$name" "${vars[@]}"); then
        failed=1
        printf '%s did not hold; the MCU said:\n' "$name"
        tail -n 40 "$work/mcu.log"
    fi
    if [ -n "$ours" ]; then
        wait "$ours" || { printf 'our own client in %s ended with status %s\n' "$name" "$?"; failed=1; }
        ours=
    fi
done

kill -0 "$mcu" 2>/dev/null || fail "the MCU ended before the last step: $(tail -n 40 "$work/mcu.log")"
exit "$failed"
