/*
 * worker_replacement.pml - one worker of a topology: supervisor/slot.h,
 * adoption.h, launcher.c and worker_mark.h on machine A, greeting.h, door.c and
 * link.c between it and a peer. The supervisor dies at any step and comes back,
 * or never does; the leader gives the worker a second birth, in its slot or on
 * machine B; any process may stand still between any two steps, and wake up.
 *
 * A process is its start (1, 2 …), pids are used again. A supervisor knows start
 * and pid of what it has begun, from its records.
 * Bounds and rules that were taken away are given by run.sh.
 */
#define STARTS 6
#define STRANGER (STARTS + 1)
#define NOBODY 3 /* what is wanted in the slot of A: no worker */

mtype = { UNUSED, FORKED, LAUNCHED, WORKER, ENDED };
mtype = { DOWN, LOOKING, SWEEPING, UP, AWAY };

/* Processes of A, and of B, whose supervisor is well. */
mtype state[STARTS + 2] = UNUSED;
byte birth[STARTS + 2], number[STARTS + 2]; /* its pid */
byte parent[STARTS + 2];    /* which life of the supervisor */
bool on_b[STARTS + 2], term[STARTS + 2];
byte has[4];                /* who has that pid now; 0: nobody */
byte starts;

/* What is wanted, and what the supervisor of A knows of it. */
byte wanted = 1;            /* the birth … */
bool moved;                 /* … and whether that is on B */
byte record_start[3], record_pid[3]; /* by birth, on the disk of A */
mtype supervisor = DOWN;
byte life, seat, told;      /* its process; what it shall run, 0: nothing yet */
bool stops;                 /* the process in the seat was told to end */
byte deaths = DEATHS, silences = SILENCES, again = 1;

/* The peer. */
byte known = 1;             /* the birth that it was told of */
byte guest;                 /* greeted at the door, on the way to the link */
byte link;                  /* whose connection the link has; 0: none */
byte them, owes;            /* who was there last; to whom an ack is owed */
byte counted;               /* the birth of whom an ack was counted last */
byte acks = 2, tuples = TUPLES;
hidden byte k;

#define order (moved -> NOBODY : wanted)
#define runs(s) (state[s] == WORKER)
#define lives(s) (state[s] == FORKED || state[s] == LAUNCHED || runs(s))
#define is_stray(s) (s != seat && !on_b[s] && (state[s] == LAUNCHED || runs(s)))
#define is_there(b) (record_pid[b] != 0 && has[record_pid[b]] != 0 && \
                     (BY_PID_ALONE || has[record_pid[b]] == record_start[b]))
#define parent_lives(s) (on_b[s] || (parent[s] == life && \
                         supervisor != DOWN && supervisor != AWAY))
#define may_call(s) (link != s && guest == 0 && (ANY_BIRTH || \
                     birth[s] == known || (birth[s] < known && !GOES_ON)))

inline end(s) {
    term[s] = false; parent[s] = 0;
    if :: !on_b[s] -> has[number[s]] = 0; number[s] = 0 :: else fi;
    if :: link == s -> link = 0 :: else fi;
    if :: guest == s -> guest = 0 :: else fi;
    state[s] = ENDED
}

/* -- a process ------------------------------------------------------------- */

inline record(s) {
    if :: !on_b[s] -> record_start[birth[s]] = s :: else fi;
    if :: !on_b[s] -> record_pid[birth[s]] = number[s] :: else fi
}

inline becomes_worker(s) {
    for (k : 1 .. starts) {
        assert(k == s || !runs(k) || birth[k] != birth[s]);
        assert(k == s || !runs(k) || on_b[k] || on_b[s])
    };
    state[s] = WORKER
}

inline acks_count(s) {
    acks--;
    assert(birth[s] == known && birth[s] >= counted);
    counted = birth[s]
}

/* Until it is gale launch, nobody can tell whose it is. */
proctype process(byte s) {
    {
        state[s] = LAUNCHED;
        atomic { if :: !RECORD_LATE -> record(s) :: else fi };
        atomic { if :: parent_lives(s) || NO_PARENT_LOOK :: else -> end(s) fi };
        atomic { if :: RECORD_LATE -> record(s) :: else fi };
        atomic { becomes_worker(s) };
        do
        :: atomic { term[s] -> end(s) }
        /* It calls the peer, which knows its birth, or a later one. */
        :: atomic { may_call(s) ->
            if :: birth[s] == known || ANY_BIRTH -> guest = s :: else -> end(s)
            fi }
        :: atomic { link == s && acks > 0 -> acks_count(s) }
        :: atomic { link == s && owes == 0 && tuples > 0 -> tuples--; owes = s }
        od
    } unless { atomic { state[s] == ENDED -> birth[s] = 0; on_b[s] = false } }
}

inline begin(b, where) {
    starts++;
    assert(starts <= STARTS);
    birth[starts] = b; on_b[starts] = where; parent[starts] = life;
    state[starts] = FORKED;
    if
    :: !where ->
        number[starts] = (has[1] == 0 -> 1 : (has[2] == 0 -> 2 : 3));
        assert(has[number[starts]] == 0);
        has[number[starts]] = starts
    :: else
    fi;
    run process(starts)
}

/* -- the supervisor of A --------------------------------------------------- */

inline take_up(b) {
    if
    :: is_there(b) ->
        assert(has[record_pid[b]] != STRANGER);
        if :: seat != 0 -> end(seat) :: else fi;
        seat = has[record_pid[b]]
    :: else
    fi
}

/* What bears the mark of a worker, and is none that is known. */
inline sweep() {
    for (k : 1 .. starts) { if :: is_stray(k) -> end(k) :: else fi }
}

#define sits (supervisor == UP && seat != 0 && !stops)
#define is_free (supervisor == UP && seat == 0)

proctype supervises() {
    do
    :: atomic { supervisor == DOWN -> life++; supervisor = LOOKING }
    :: atomic { supervisor == DOWN && moved -> supervisor = AWAY; break }
    :: atomic { supervisor == LOOKING -> take_up(1); take_up(2);
        supervisor = SWEEPING }
    :: atomic { supervisor == SWEEPING -> supervisor = UP;
        if :: !NO_MARK -> sweep() :: else fi }
    :: atomic { supervisor == UP && told != order -> told = order }
    :: atomic { supervisor == UP && seat != 0 && state[seat] == ENDED ->
        seat = 0; stops = false }
    :: atomic { sits && told != 0 && lives(seat) && birth[seat] != told ->
        stops = true; term[seat] = true }
    :: atomic { sits && silences > 0 ->
        silences--; stops = true; term[seat] = lives(seat) }
    :: atomic { NOT_WAITED_FOR && stops -> seat = 0; stops = false }
    :: atomic { stops && lives(seat) -> end(seat) } /* KILL */
    :: atomic { is_free && told == order && told != NOBODY ->
        begin(told, false); seat = starts }
    /* It has not heard yet that another birth is wanted. */
    :: atomic { is_free && told != 0 && told != order && again > 0 ->
        again--; begin(told, false); seat = starts }
    :: atomic { deaths > 0 && supervisor != DOWN ->
        deaths--; supervisor = DOWN; seat = 0; told = 0; stops = false }
    od
}

/* -- the peer, the leader, others ------------------------------------------ */

proctype peer() {
    do
    :: atomic { known != wanted -> known = wanted; owes = 0;
        link = (STAYS_LINKED -> link : 0) }
    :: atomic { guest != 0 && (LATE_GUEST || birth[guest] == known) ->
        owes = (ANY_INCARNATION || them == guest -> owes : 0);
        them = guest; link = guest; guest = 0 }
    :: atomic { guest != 0 && birth[guest] != known && !LATE_GUEST -> guest = 0}
    :: atomic { link != 0 && owes != 0 -> assert(owes == link); owes = 0 }
    od
}

proctype others() {
    if
    :: atomic { wanted = 2; moved = true; begin(2, true) }
    :: wanted = 2
    :: skip
    fi;
    if
    :: atomic { record_pid[1] != 0 && has[record_pid[1]] == 0 ->
        has[record_pid[1]] = STRANGER }
    :: skip
    fi
}

#define n_live (lives(1) + lives(2) + lives(3) + lives(4) + lives(5) + lives(6))

/* When nothing happens any more, one lives, and the peer is linked to it. */
init {
    atomic { run supervises(); run peer(); run others() };
    timeout -> assert(n_live == 1 && lives(link) && birth[link] == wanted)
}
