/*
 * leader_election.pml - nimbus/leader.h, election.c and writer.c, and a
 * ZooKeeper that does its worst: sessions end late or unheard, answers are
 * lost, requests that were given up are done later, reads are old. A process
 * may stand still between any two steps.
 *
 * Of time one thing is known: a lease, two thirds of a session from when a
 * request was sent, is over before the session can be; so is one that would
 * begin with an answer that is heard when the session is over.
 * The version of /epoch grows with its number: one number stands for both.
 */
#define N 2
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef SESSIONS
#define SESSIONS (N + 1)
#endif
#ifndef LAPSES
#define LAPSES 1 /* of leases */
#endif
#ifndef CHANGES
#define CHANGES 2
#endif

mtype = { NOTHING, LIST, CREATE, READ, EPOCH, GET, SET, CHECK, SYNC };
mtype = { OK, REFUSED, UNKNOWN, LOST, NOT_THERE, BEHIND, FIRST };
mtype = { OUT, LISTING, CREATING, FOLLOWING, READING, WRITING, LEADING, DEAD };

typedef Request {
    mtype op = NOTHING;
    byte session;
    byte number; /* of the leadership */
    bit value;
    byte version
};
typedef Nimbus {
    mtype phase = OUT;
    mtype answer = NOTHING;
    byte session;
    bool lease;        /* it lasts */
    byte number, seen; /* tried or mine; of /epoch as it was read */
    byte highest;      /* number that was ever seen */
    byte candidate;    /* in /epoch as it was read */
    bit value, want;   /* of the node as it was read; what it shall hold */
    byte version;
    bool unsure        /* the node is to be read again */
};

Nimbus nimbus[N];
Request asked[N], late[N];
byte sessions, sequence, faults = FAULTS, changes = CHANGES;
byte lapses = LAPSES, deaths = N - 1, expiries = SESSIONS - N;
bool alive[SESSIONS + 1], slept;
byte place[SESSIONS + 1];         /* of its candidate; 0: there is none */
byte epoch, owner, before, ousted; /* /epoch: number, candidate; the last one */
bit node;                         /* what a leader keeps … */
byte version;
byte promised;                    /* the number that has said so … */
bit promise;                      /* … and what is in the node */

#ifdef NO_LEASE
#define leads(i) (nimbus[i].phase == LEADING)
#else
#define leads(i) (nimbus[i].phase == LEADING && nimbus[i].lease)
#endif
/* Of others, it is over when the session is. */
#define needs_lease(i) (nimbus[i].phase == LEADING || nimbus[i].phase == WRITING)
#define writes(op_) (op_ == CREATE || op_ == EPOCH || op_ == SET || \
                     op_ == CHECK || op_ == SYNC)

/* -- ZooKeeper ------------------------------------------------------------- */

inline set_epoch(i, r) {
    if
    :: place[r.session] != 0 && r.version == epoch ->
        before = epoch; ousted = owner;
        epoch = r.number; owner = r.session;
        k = 0;
        do
        :: k < N -> assert(k == i || slept || !leads(k)); k++
        :: else -> break
        od
    :: else -> result = REFUSED
    fi
}

inline set_node(r) {
    if
#ifndef NO_EPOCH_CHECK
    :: r.number != epoch -> result = REFUSED
#endif
    :: r.version != version -> result = UNKNOWN /* read again, as if lost */
    :: else ->
        assert(r.number == epoch);
        assert(r.number != epoch || r.session == owner);
        assert(r.number != promised || r.value == promise);
        node = r.value; version++
    fi
}

inline list(i, r) {
    result = (place[r.session] == 0 -> NOT_THERE : FIRST);
    k = 1;
    do
    :: k <= sessions ->
        if
        :: result == FIRST && place[k] != 0 && place[k] < place[r.session] ->
            result = BEHIND
        :: else
        fi;
        k++
    :: else -> break
    od
}

/* What a request does, and is answered. */
inline apply(i, r) {
    result = OK;
    if
    :: !alive[r.session] -> result = LOST
    :: else ->
        if
        :: r.op == LIST -> list(i, r)
        :: r.op == CREATE && place[r.session] == 0 ->
            sequence++; place[r.session] = sequence
        :: r.op == READ -> nimbus[i].seen = epoch; nimbus[i].candidate = owner
        :: r.op == EPOCH -> set_epoch(i, r)
        :: r.op == GET -> nimbus[i].value = node; nimbus[i].version = version
        :: r.op == SET -> set_node(r)
        :: r.op == CHECK && r.number != epoch -> result = REFUSED
        :: else
        fi;
    fi
}

inline copy(to, from) {
    to.op = from.op; to.session = from.session; to.number = from.number;
    to.value = from.value; to.version = from.version
}

inline clear(r) {
    r.op = NOTHING; r.session = 0; r.number = 0; r.value = 0; r.version = 0
}

/* What is written waits for what was sent before it; what is read does not. */
#define is_next(i) (asked[i].op != NOTHING && \
                    (late[i].op == NOTHING || !writes(asked[i].op)))

inline expire(i) {
    alive[nimbus[i].session] = false; place[nimbus[i].session] = 0;
    nimbus[i].lease = false
}

proctype zookeeper(byte i) {
    byte k;
    mtype result;

end:
    do
    :: d_step { is_next(i) -> apply(i, asked[i]); clear(asked[i]);
        nimbus[i].answer = result; result = NOTHING; k = 0 }
    /* No answer: it is done later, or just now, or never. */
    :: d_step { writes(asked[i].op) && faults > 0 && late[i].op == NOTHING ->
        faults--; copy(late[i], asked[i]); clear(asked[i]);
        nimbus[i].answer = UNKNOWN }
    :: d_step { late[i].op != NOTHING -> apply(i, late[i]); clear(late[i]);
        result = NOTHING; k = 0 }
    :: d_step { late[i].op != NOTHING -> clear(late[i]) }
    /* A server that is cut off says what was. */
    :: d_step { asked[i].op == READ && faults > 0 -> faults--;
        nimbus[i].seen = before; nimbus[i].candidate = ousted;
        clear(asked[i]); nimbus[i].answer = OK }
    :: d_step { nimbus[i].lease && needs_lease(i) && lapses > 0 -> lapses--;
        nimbus[i].lease = false }
    :: d_step { alive[nimbus[i].session] && expiries > 0 && nimbus[i].phase != DEAD &&
        (!nimbus[i].lease || !needs_lease(i)) -> expiries--; expire(i) }
    :: d_step { alive[nimbus[i].session] && nimbus[i].phase == DEAD -> expire(i) }
    /* Somebody removes the candidate of a session that lives. */
    :: d_step { place[nimbus[i].session] != 0 && faults > 0 -> faults--;
        slept = true; place[nimbus[i].session] = 0 }
    /* The clock of a machine that sleeps stands still. */
    :: d_step { alive[nimbus[i].session] && expiries > 0 && faults > 0 ->
        expiries--; faults--; slept = true; alive[nimbus[i].session] = false;
        place[nimbus[i].session] = 0 }
    od
}

/* -- a nimbus -------------------------------------------------------------- */

#define me nimbus[i]
#define is_before(k) (k <= sessions && place[k] != 0 && place[k] < place[me.session])
#define is_behind (is_before(1) || is_before(2) || is_before(3) || is_before(4))

#if defined(LEASE_BY_READS)
#define renews(op_) (alive[me.session] || !writes(op_))
#elif defined(LEASE_FROM_ANSWER)
#define renews(op_) writes(op_)
#else
#define renews(op_) (writes(op_) && alive[me.session])
#endif

#ifdef ANY_CANDIDATE
#define is_mine (me.number != 0 && me.seen == me.number)
#else
#define is_mine (me.number != 0 && me.seen == me.number && \
                 me.candidate == me.session)
#endif

/* Pings that would change nothing are left out. */
#define is_due (!me.lease || !alive[me.session])
#define has_work (is_due || changes > 0 || me.unsure || \
                  me.value != me.want || promised < me.number)

/* Other processes go on while it waits for the answer. */
inline ask(what) {
    asked[i].op = what; asked[i].session = me.session;
    asked[i].number = me.number; asked[i].value = me.want;
    asked[i].version = me.version;
    me.answer != NOTHING; got = me.answer; me.answer = NOTHING;
    if
    :: (got == OK || got == REFUSED) && renews(what) -> me.lease = true
    :: (got == OK || got == REFUSED) && renews(what) && lapses > 0 ->
        lapses-- /* heard too late */
    :: got == LOST -> stop(OUT)
    :: else
    fi
}

inline begin() {
    if
    :: me.lease -> me.phase = LEADING; me.unsure = true;
        me.highest = me.number
    :: else -> me.phase = LISTING
    fi;
    me.seen = 0; me.candidate = 0; me.version = 0
}

inline stop(next) {
    me.phase = next; me.number = 0; me.unsure = false;
    me.value = 0; me.want = 0; me.version = 0
}

inline next_number() {
#ifdef NO_HIGHEST
    me.number = me.seen + 1
#else
    if :: me.seen > me.highest -> me.highest = me.seen :: else fi;
    me.number = me.highest + 1
#endif
}

inline lead() {
    if
#ifndef NO_LEASE
    :: !me.lease -> stop(LISTING)
#endif
    :: is_due -> ask(SYNC)
    :: changes > 0 -> changes--; me.want = !me.want;
        if :: promised == me.number -> promised = 0; promise = 0 :: else fi
    :: !me.unsure && me.value != me.want -> ask(SET);
        if
        :: got == OK -> me.value = me.want; me.version++
        :: got == REFUSED -> stop(LISTING)
        :: got == UNKNOWN -> me.unsure = true
        :: got == LOST
        fi
    :: me.unsure ->
#ifndef NO_BARRIER
        ask(CHECK);
#endif
        if
        :: got == REFUSED -> stop(LISTING)
        :: got == UNKNOWN || got == LOST
        :: else -> ask(GET); if :: got == OK -> me.unsure = false :: else fi
        fi
    :: !me.unsure && me.value == me.want && promised < me.number ->
        promised = me.number; promise = me.value
    fi
}

proctype runs(byte i) {
    mtype got;

end:
    do
    :: atomic { me.phase == OUT -> sessions++;
        me.session = sessions; alive[sessions] = true; me.lease = true;
        me.phase = LISTING }
    :: atomic { me.phase == LISTING -> ask(LIST);
        if
        :: got == NOT_THERE -> me.phase = CREATING
        :: got == BEHIND -> me.phase = FOLLOWING
        :: got == FIRST -> me.phase = READING
        :: else
        fi; got = NOTHING }
    :: atomic { me.phase == CREATING -> ask(CREATE);
        if :: got != LOST -> me.phase = LISTING :: else fi; got = NOTHING }
    :: atomic { me.phase == FOLLOWING && !is_behind -> me.phase = LISTING }
    :: atomic { me.phase == FOLLOWING && is_due -> ask(SYNC); got = NOTHING }
    :: atomic { me.phase == READING -> ask(READ);
        if
        :: got == OK && is_mine && me.lease -> begin()
        :: got == OK && is_mine && !me.lease -> ask(SYNC);
            if :: got != LOST -> me.phase = LISTING :: else fi
        :: got == LOST
        :: got == UNKNOWN -> me.phase = LISTING
        :: else -> me.version = me.seen; next_number(); me.phase = WRITING
        fi; me.seen = 0; me.candidate = 0; got = NOTHING }
    :: atomic { me.phase == WRITING -> ask(EPOCH);
        if
        :: got == OK -> begin()
        :: got == LOST
        :: else -> me.phase = LISTING; me.version = 0
        fi; got = NOTHING }
    :: atomic { me.phase == LEADING && has_work -> lead(); got = NOTHING }
    :: atomic { faults > 0 && deaths > 0 && me.phase != OUT -> deaths--; faults--;
        me.phase = DEAD; break }
    od
}

/* When nothing fails any more, and nothing is left to do, somebody leads. */
init {
    byte i;

    atomic {
        do
        :: i < N -> run zookeeper(i); run runs(i); i++
        :: else -> break
        od
    };
    timeout -> assert(leads(0) || leads(1))
}
