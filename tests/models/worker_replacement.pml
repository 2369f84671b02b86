/*
 * worker_replacement.pml - one worker of a topology: supervisor/slot.h,
 * adoption.h, launcher.c and worker_mark.h on machine A, greeting.h, door.c and
 * link.c between it and a peer. The supervisor dies at any step and comes back,
 * or never does; the leader gives the worker a second birth, in its slot or on
 * machine B; any process may stand still between any two steps, and wake up.
 *
 * A process is its start (1, 2 …); pids are used again. A supervisor that looks
 * at its records knows start and pid of what it has begun.
 */
#ifndef DEATHS
#define DEATHS 1 /* of the supervisor */
#endif
#ifndef SILENCES
#define SILENCES 1 /* of a worker, for too long */
#endif
#ifndef TUPLES
#define TUPLES 1
#endif
#define STARTS 6
#define PIDS 3
#define STRANGER (STARTS + 1)

mtype = { UNUSED, FORKED, LAUNCHED, WORKER, ENDED };
mtype = { DOWN, LOOKING, SWEEPING, UP, AWAY };

/* -- processes of A, and of B, whose supervisor is well -------------------- */

mtype state[STARTS + 2] = UNUSED;
byte birth[STARTS + 2], number[STARTS + 2]; /* its pid */
byte parent[STARTS + 2];    /* which life of the supervisor */
bool on_b[STARTS + 2], term[STARTS + 2];
byte has[PIDS + 1];         /* who has that pid now; 0: nobody */
byte starts;

/* -- what is wanted, and what is known of it ------------------------------- */

byte wanted = 1;            /* the birth … */
bool moved;                 /* … and whether that is on B */
byte record_start[3], record_pid[3]; /* by birth, on the disk of A */
mtype supervisor = DOWN;
byte life, seat, told;      /* its process; what it was told to run, 0: nothing */
bool stops;                 /* the process in the seat was told to end */
byte deaths = DEATHS, silences = SILENCES, again = 1;

/* -- the peer -------------------------------------------------------------- */

byte known = 1;             /* the birth that it was told of */
byte guest;                 /* greeted at the door, on the way to the link */
byte link;                  /* whose connection the link has; 0: none */
byte them, owes;            /* who was there last; to whom an ack is owed */
byte counted;               /* the birth of whom an ack was counted last */
byte acks = 2, tuples = TUPLES;

#define runs(s) (state[s] == WORKER)
#define lives(s) (state[s] == FORKED || state[s] == LAUNCHED || runs(s))
#define NOBODY 3 /* what is wanted in the slot of A: no worker */
#define order (moved -> NOBODY : wanted)

inline end(s) {
    state[s] = ENDED; term[s] = false; parent[s] = 0;
    if :: !on_b[s] -> has[number[s]] = 0; number[s] = 0 :: else fi;
    if :: link == s -> link = 0 :: else fi;
    if :: guest == s -> guest = 0 :: else fi
}


/* -- a process ------------------------------------------------------------- */

#define parent_lives(s) (on_b[s] || (parent[s] == life && \
                         supervisor != DOWN && supervisor != AWAY))
#if defined(ANY_BIRTH)
#define may_call(s) (link != s && guest == 0)
#elif defined(GOES_ON)
#define may_call(s) (link != s && guest == 0 && birth[s] == known)
#else
#define may_call(s) (link != s && guest == 0 && birth[s] <= known)
#endif

inline record(s) {
    atomic { if
        :: state[s] == LAUNCHED && !on_b[s] ->
            record_start[birth[s]] = s; record_pid[birth[s]] = number[s]
        :: else
        fi }
}

inline look_for_parent(s) {
    atomic { if
#ifndef NO_PARENT_LOOK
        :: state[s] == LAUNCHED && !parent_lives(s) -> end(s)
#endif
        :: else
        fi }
}

inline is_alone(s) {
    k = 1;
    do
    :: k <= starts ->
        assert(k == s || !runs(k) || birth[k] != birth[s]);
        assert(k == s || !runs(k) || on_b[k] || on_b[s]);
        k++
    :: else -> break
    od;
    k = 0
}

/* It calls the peer, which knows its birth, or a later one. */
inline greet(s) {
    if
    :: birth[s] >= known -> guest = s
#ifdef ANY_BIRTH
    :: birth[s] < known -> guest = s
#else
    :: birth[s] < known -> end(s)
#endif
    fi
}

inline acks_count(s) {
    acks--;
    assert(birth[s] == known && birth[s] >= counted);
    counted = birth[s]
}

proctype process(byte s) {
    byte k;

    /* Until it is gale launch, nobody can tell whose it is. */
    atomic { if :: state[s] == FORKED -> state[s] = LAUNCHED :: else fi };
#ifdef RECORD_LATE
    look_for_parent(s);
    record(s);
#else
    record(s);
    look_for_parent(s);
#endif
    atomic { if
        :: state[s] == LAUNCHED -> state[s] = WORKER; is_alone(s)
        :: else
        fi };
    do
    :: atomic { state[s] == ENDED -> birth[s] = 0; on_b[s] = false; break }
    :: atomic { runs(s) && term[s] -> end(s) }
    :: atomic { runs(s) && may_call(s) -> greet(s) }
    :: atomic { runs(s) && link == s && acks > 0 -> acks_count(s) }
    :: atomic { runs(s) && link == s && owes == 0 && tuples > 0 ->
        tuples--; owes = s }
    od
}

inline begin(b, where) {
    starts++;
    assert(starts <= STARTS);
    birth[starts] = b; on_b[starts] = where; parent[starts] = life;
    state[starts] = FORKED;
    if
    :: where
    :: !where ->
        number[starts] = (has[1] == 0 -> 1 : (has[2] == 0 -> 2 : 3));
        assert(has[number[starts]] == 0);
        has[number[starts]] = starts
    fi;
    run process(starts)
}

/* -- the supervisor of A --------------------------------------------------- */

#ifdef BY_PID_ALONE
#define is_there(b) (record_pid[b] != 0 && has[record_pid[b]] != 0)
#else
#define is_there(b) (record_pid[b] != 0 && \
                     has[record_pid[b]] == record_start[b])
#endif

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
    k = 1;
    do
    :: k <= starts && k != seat && !on_b[k] && (state[k] == LAUNCHED || runs(k)) ->
        end(k); k++
    :: k <= starts && !(k != seat && !on_b[k] && (state[k] == LAUNCHED || runs(k))) ->
        k++
    :: k > starts -> break
    od;
    k = 0
}

proctype supervises() {
    byte k;

    do
    :: atomic { supervisor == DOWN -> life++; supervisor = LOOKING }
    :: atomic { supervisor == DOWN && moved -> supervisor = AWAY; break }
    :: atomic { supervisor == LOOKING -> take_up(1); take_up(2);
        supervisor = SWEEPING }
    :: atomic { supervisor == SWEEPING ->
#ifndef NO_MARK
        sweep();
#endif
        supervisor = UP }
    :: atomic { supervisor == UP && told != order -> told = order }
    :: atomic { supervisor == UP && seat != 0 && state[seat] == ENDED ->
        seat = 0; stops = false }
    :: atomic { supervisor == UP && seat != 0 && !stops && told != 0 &&
        lives(seat) && birth[seat] != told -> stops = true; term[seat] = lives(seat) }
    :: atomic { supervisor == UP && seat != 0 && !stops && silences > 0 ->
        silences--; stops = true; term[seat] = lives(seat) }
#ifdef NOT_WAITED_FOR
    :: atomic { stops -> seat = 0; stops = false }
#endif
    :: atomic { stops && lives(seat) -> end(seat) } /* KILL */
    :: atomic { supervisor == UP && seat == 0 && told == order && told != NOBODY ->
        begin(told, false); seat = starts }
    /* It has not heard yet that another birth is wanted. */
    :: atomic { supervisor == UP && seat == 0 && told != 0 && told != order &&
        again > 0 -> again--; begin(told, false); seat = starts }
    :: atomic { deaths > 0 && supervisor != DOWN -> deaths--;
        supervisor = DOWN; seat = 0; told = 0; stops = false }
    od
}

/* -- the peer, the leader, others ------------------------------------------ */

proctype peer() {
    do
    :: atomic { known != wanted -> known = wanted; owes = 0;
#ifndef STAYS_LINKED
        link = 0
#endif
        }
    :: atomic { guest != 0 ->
        if
#ifdef LATE_GUEST
        :: true ->
#else
        :: birth[guest] == known ->
#endif
#ifndef ANY_INCARNATION
            if :: them != guest -> owes = 0 :: else fi;
#endif
            them = guest; link = guest
#ifndef LATE_GUEST
        :: else
#endif
        fi; guest = 0 }
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
