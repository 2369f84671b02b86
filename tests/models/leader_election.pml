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
 * Bounds and rules (NO_…: one that was taken away) are given by run.sh.
 */
mtype = { CREATE, EPOCH, SET, CHECK, SYNC };
mtype = { OK, REFUSED, UNKNOWN, LOST };
mtype = { OUT, LISTING, READING, DECIDING, WRITING, LEADING, DEAD };
mtype = { SURE, UNREAD, BARRED }; /* of the node; BARRED: a write comes first */

typedef Nimbus {
    mtype phase = OUT, node = SURE;
    byte session, candidate; /* mine; that of /epoch, as it was read */
    byte number, highest;    /* tried or mine; that was ever seen */
    byte version;            /* of /epoch, or of the node, as it was read */
    bit value, want;         /* of the node, as it was read; as it shall be */
    bool lease               /* it lasts */
};

Nimbus nimbus[2];
byte sessions, sequence, faults = FAULTS, changes = CHANGES;
byte lapses = 1, deaths = 1, expiries = SESSIONS - 2;
bool alive[SESSIONS + 1], slept;
byte place[SESSIONS + 1];          /* of its candidate; 0: there is none */
byte epoch, owner, before, ousted; /* /epoch: number, candidate; the last one */
byte version, promised;            /* of the node; the number that says … */
bit value, promise;                /* … that this is in it, and is kept */

/* What is written: by which session and leadership, value, awaited version. */
chan asked[2] = [1] of { mtype, byte, byte, bit, byte };
chan late[2] = [1] of { mtype, byte, byte, bit, byte };
chan answer[2] = [1] of { mtype };
hidden mtype op, result, got;
hidden byte by, as, awaited, to;
#define REQUEST op, by, as, to, awaited

#define me nimbus[i]
#define lives alive[me.session]
#define leads(i) (nimbus[i].phase == LEADING && (NO_LEASE || nimbus[i].lease))
#define needs_lease (me.phase == LEADING || me.phase == WRITING)

/* -- ZooKeeper ------------------------------------------------------------- */

inline set_epoch() {
    if
    :: place[by] != 0 && awaited == epoch ->
        assert(slept || !leads(1 - i));
        before = epoch; ousted = owner; epoch = as; owner = by
    :: else -> result = REFUSED
    fi
}

inline set_node() {
    if
    :: !NO_EPOCH_CHECK && as != epoch -> result = REFUSED
    :: (NO_EPOCH_CHECK || as == epoch) && awaited != version -> result = UNKNOWN
    :: else -> /* UNKNOWN: it is read again, as if the answer were lost */
        assert(as == epoch && by == owner);
        assert(as != promised || to == promise);
        value = to; version++
    fi
}

inline apply() {
    result = (alive[by] -> OK : LOST);
    if
    :: result == OK && op == CREATE && place[by] == 0 ->
        sequence++; place[by] = sequence
    :: result == OK && op == EPOCH -> set_epoch()
    :: result == OK && op == SET -> set_node()
    :: result == OK && op == CHECK && as != epoch -> result = REFUSED
    :: else
    fi
}

inline end_session() { alive[me.session] = false; place[me.session] = 0 }

proctype zookeeper(byte i) {
end:
    do
    :: d_step { nempty(asked[i]) && empty(late[i]) ->
        asked[i]?REQUEST; apply(); answer[i]!result }
    /* No answer: it is done later, or just now, or never. */
    :: d_step { nempty(asked[i]) && empty(late[i]) && faults > 0 -> faults--;
        asked[i]?REQUEST; late[i]!REQUEST; answer[i]!UNKNOWN }
    :: d_step { late[i]?REQUEST -> apply() }
    :: d_step { late[i]?REQUEST }
    :: d_step { me.lease && needs_lease && lapses > 0 ->
        lapses--; me.lease = false }
    /* Of who does not need it, a lease is over when the session is. */
    :: d_step { lives && expiries > 0 && (!me.lease || !needs_lease) ->
        expiries--; me.lease = false; end_session() }
    :: d_step { lives && me.phase == DEAD -> end_session() }
    /* Somebody removes the candidate of a session that lives. */
    :: d_step { place[me.session] != 0 && faults > 0 ->
        faults--; slept = true; place[me.session] = 0 }
    /* The clock of a machine that sleeps stands still. */
    :: d_step { lives && expiries > 0 && faults > 0 ->
        expiries--; faults--; slept = true; end_session() }
    od
}

/* -- a nimbus -------------------------------------------------------------- */

#define is_before(k) (k <= sessions && place[k] != 0 && \
                      place[k] < place[me.session])
#define is_first (place[me.session] != 0 && \
                  !is_before(1) && !is_before(2) && !is_before(3))
#define is_mine (me.number != 0 && me.version == me.number && \
                 (ANY_CANDIDATE || me.candidate == me.session))
/* Pings that would change nothing are left out. */
#define is_due (!me.lease || !lives)
#define has_work (is_due || changes > 0 || me.node != SURE || \
                  me.value != me.want || promised < me.number)
#define renews ((got == OK || got == REFUSED) && (lives || LEASE_FROM_ANSWER))
#define to_read (NO_BARRIER -> UNREAD : BARRED)

inline stop(next) {
    me.phase = next; me.node = SURE; me.number = 0; me.version = 0;
    me.value = 0; me.want = 0
}

/* Other processes go on while it waits for the answer. */
inline ask(what) {
    asked[i]!what, me.session, me.number, me.want, me.version;
    answer[i]?got;
    if /* or it is heard too late */
    :: renews -> me.lease = true :: renews && lapses > 0 -> lapses-- :: else
    fi;
    if :: got == LOST -> stop(OUT) :: else fi
}

inline begin() {
    me.phase = (me.lease -> LEADING : LISTING);
    me.node = (me.lease -> to_read : SURE);
    me.highest = (me.lease -> me.number : me.highest)
}

inline lead() {
    if
    :: !NO_LEASE && !me.lease -> stop(LISTING)
    :: is_due -> ask(SYNC)
    :: changes > 0 -> changes--; me.want = !me.want;
        if :: promised == me.number -> promised = 0; promise = 0 :: else fi
    :: me.node == SURE && me.value != me.want -> ask(SET);
        if :: got == OK -> me.value = me.want; me.version++ :: else fi;
        if :: got == UNKNOWN -> me.node = to_read :: else fi
    :: me.node == BARRED -> ask(CHECK);
        if :: got == OK -> me.node = UNREAD :: else fi
    :: me.node == UNREAD && lives ->
        me.value = value; me.version = version; me.node = SURE
    :: me.node == SURE && me.value == me.want && promised < me.number ->
        promised = me.number; promise = me.value
    fi
}

proctype runs(byte i) {
end:
    do
    :: atomic { me.phase == OUT -> sessions++; me.session = sessions;
        lives = true; me.lease = true; me.phase = LISTING }
    :: atomic { (me.phase == LISTING || me.phase == READING) && is_due ->
        ask(SYNC) }
    :: atomic { me.phase == LISTING && place[me.session] == 0 -> ask(CREATE) }
    :: atomic { me.phase == LISTING && is_first -> me.phase = READING }
    :: atomic { me.phase == READING && lives ->
        me.version = epoch; me.candidate = owner; me.phase = DECIDING }
    /* A server that is cut off says what was. */
    :: atomic { me.phase == READING && faults > 0 -> faults--;
        me.version = before; me.candidate = ousted; me.phase = DECIDING }
    :: atomic { me.phase == DECIDING && is_mine &&
        (me.lease || LEASE_BY_READS) -> me.lease = true; begin() }
    :: atomic { me.phase == DECIDING && is_mine && !me.lease -> ask(SYNC);
        if :: me.phase == DECIDING -> me.phase = LISTING :: else fi }
    :: atomic { me.phase == DECIDING && !is_mine ->
        me.highest = (NO_HIGHEST || me.version > me.highest ->
            me.version : me.highest);
        me.number = me.highest + 1; me.phase = WRITING }
    :: atomic { me.phase == WRITING -> ask(EPOCH);
        if :: got == OK -> begin() :: else fi;
        if :: me.phase == WRITING -> me.phase = LISTING :: else fi }
    :: atomic { me.phase == LEADING && has_work -> got = OK; lead();
        if :: got == REFUSED -> stop(LISTING) :: else fi }
    :: atomic { faults > 0 && deaths > 0 && me.phase != OUT ->
        faults--; deaths--; me.phase = DEAD; break }
    od
}

/* When nothing fails any more, and nothing is left to do, somebody leads. */
init {
    atomic { run zookeeper(0); run zookeeper(1); run runs(0); run runs(1) };
    timeout -> assert(leads(0) || leads(1))
}
