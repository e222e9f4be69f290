/*
 * One author, one mirror that cosigns, the network between them, and whatever goes wrong: P1, P2, P3 and P6.
 *
 * A head (tree size and root) is one number: a leading 1, then a binary digit for every entry. Two heads are consistent when the digits
 * of one begin with the digits of the other; the empty log is 1. Hashes and signatures hold by assumption: nobody makes a head of the
 * author's but the author, and a proof exists exactly where the heads are consistent.
 *
 * Written to be read from the bottom: the three processes are lists of guarded steps, and each step is one atomic act of its owner.
 */

/* ---- bounds, all settable by -D ---- */
#ifndef ENTRIES
#define ENTRIES 4
#endif
#ifndef AUTHOR_CRASHES
#define AUTHOR_CRASHES 2
#endif
#ifndef MIRROR_CRASHES
#define MIRROR_CRASHES 2
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef DUPLICATES
#define DUPLICATES 1
#endif
#ifndef HANDLERS
#define HANDLERS 2        /* requests that the mirror works on at once */
#endif
#ifndef RESTORES
#define RESTORES 0        /* crashes after which an older copy of the author's folder comes back */
#endif
#ifndef BAG
#define BAG 7             /* messages on the way; the assertion in SEND shows that no more are ever needed */
#endif

#define EMPTY 1
#define SIZE(h) ((h) < 2 -> 0 : ((h) < 4 -> 1 : ((h) < 8 -> 2 : ((h) < 16 -> 3 : ((h) < 32 -> 4 : 5)))))
#define CUT(h, s) ((h) >> (SIZE(h) - (s)))
#define PREFIX(a, b) (SIZE(a) <= SIZE(b) && ((b) >> ((SIZE(a) <= SIZE(b) -> SIZE(b) - SIZE(a) : 0))) == (a))
#define CONSISTENT(a, b) (PREFIX(a, b) || PREFIX(b, a))

/* ---- the network: a bag of messages, delivered in any order ---- */
#define NONE 0
#define ADD_CHECKPOINT 1  /* to the mirror: old size, head */
#define ADD_ENTRIES 2     /* to the mirror: every entry below a head */
#define COSIGNED 3        /* to the author: witness cosignature of a head */
#define RECEIPT 4         /* to the author: mirror cosignature of a head */
#define CONFLICT 5        /* to the author: the size that the mirror holds (409) */
#define REFUSED 6         /* to the author: not an extension (422) */
#define MESSAGE(kind, old, head) (((kind) << 9) | ((old) << 6) | (head))
#define KIND(m) ((m) >> 9)
#define OLD(m) (((m) >> 6) & 7)
#define HEAD(m) ((m) & 63)

short bag[BAG];           /* sorted, so that one multiset is one state */
byte inFlight;
byte losses, duplicates;

inline SEND(m) {
  d_step {
    assert(inFlight < BAG);
    slot = inFlight;
    do
    :: slot > 0 && bag[slot - 1] > (m) -> bag[slot] = bag[slot - 1]; slot--
    :: else -> break
    od;
    bag[slot] = (m);
    inFlight++;
    slot = 0
  }
}

inline DROP(at) {
  d_step {
    slot = (at);
    do
    :: slot < inFlight - 1 -> bag[slot] = bag[slot + 1]; slot++
    :: else -> break
    od;
    inFlight--;
    bag[inFlight] = 0;
    slot = 0
  }
}

/* Takes one message of some kinds, whichever, into `taken`; the network may keep a copy. Blocks when there is none. */
#ifdef MALICIOUS
/* The author's keys in hostile hands: any request, at any time, and nothing it is told matters. */
#define SOME_TO_MIRROR true
#define TELL(m) skip
inline INVENT() {
  taken = EMPTY;
  do
  :: SIZE(taken) < ENTRIES -> taken = taken << 1
  :: SIZE(taken) < ENTRIES -> taken = (taken << 1) | 1
  :: break
  od;
  /* An old size that is not the mirror's is refused and changes nothing. */
  if
  :: taken = MESSAGE(ADD_CHECKPOINT, SIZE(pending), taken)
  :: taken = MESSAGE(ADD_ENTRIES, 0, taken)
  fi
}
#else
#define TELL(m) SEND(m)
#define SOME_TO_MIRROR (inFlight > 0 && KIND(bag[0]) <= ADD_ENTRIES)
#endif
#define SOME_TO_AUTHOR (inFlight > 0 && KIND(bag[inFlight - 1]) >= COSIGNED)

inline TAKE(lowest, highest) {
  slot = 0;
  do
  :: KIND(bag[slot]) < lowest -> slot++
  :: else -> break
  od;
  do
  :: slot < inFlight - 1 && KIND(bag[slot + 1]) <= highest -> slot++
  :: break
  od;
  if
  :: taken = bag[slot]; DROP(slot)
  :: duplicates < DUPLICATES -> duplicates++; taken = bag[slot]; slot = 0
  fi
}

/* ---- the author ---- */
byte memory = EMPTY;      /* with entries appended and not yet flushed: any part of them may be found again after a crash */
byte synced = EMPTY;      /* flushed: survives every crash */
byte receipt = EMPTY;     /* newest head whose mirror cosignature it holds; asked for again after a crash */
byte known = 0;           /* size it believes the mirror's pending head to have */
byte target = NONE;       /* head being pushed */
byte phase = 0;           /* 0 idle, 1 waits for COSIGNED, 2 waits for RECEIPT */
bool up = true;
bool halted = false;      /* signs nothing more; needs its operators */
byte authorCrashes, restores;

/* ---- the mirror ---- */
byte pending = EMPTY, pendingSynced = EMPTY;     /* newest head cosigned as a witness */
byte stored = EMPTY, storedSynced = EMPTY;       /* entries and newest head receipted */
byte work[HANDLERS];      /* 0 idle, 1 took a request, 2 accepted it, 3 answer is next, 4 answered before the flush */
short request[HANDLERS];
byte basis[HANDLERS];     /* the mirror's head when the request was judged */
bool mirrorUp = true;
byte mirrorCrashes;

/* ---- what the properties speak of: seen by nobody in the system ---- */
byte released = EMPTY;    /* longest head that ever left the author */
byte cosigned = EMPTY;    /* longest head that the mirror ever cosigned, either way */

#ifdef CHECK_P1
#define CHECK_RELEASE(h) assert(CONSISTENT(released, h))
#else
#define CHECK_RELEASE(h) skip
#endif
#ifdef CHECK_P2
#define CHECK_COSIGN(h) assert(CONSISTENT(cosigned, h))
#else
#define CHECK_COSIGN(h) skip
#endif
#ifdef CHECK_P3
#define CHECK_RECEIPT(h) assert(PREFIX(h, storedSynced))
#else
#define CHECK_RECEIPT(h) skip
#endif
#ifdef REACH
#define CHECK_REACH assert(!(SIZE(receipt) == ENTRIES && authorCrashes == AUTHOR_CRASHES && mirrorCrashes == MIRROR_CRASHES && losses == LOSSES && duplicates == DUPLICATES && restores == RESTORES))
#else
#define CHECK_REACH skip
#endif

#ifdef PUBLISH_EARLY      /* WRONG: a head leaves before the flush of the entries under it */
#define PUBLIC memory
#else
#define PUBLIC synced
#endif

inline RELEASE(h) {
  CHECK_RELEASE(h);
  if
  :: SIZE(h) > SIZE(released) -> released = (h)
  :: else
  fi
}

/* What a start does before it signs: compares with the cosigner, and takes from the mirror what it lost itself. */
inline RECOVER() {
#ifdef NO_RECOVERY
  skip
#else
  if
  :: PREFIX(storedSynced, synced) && PREFIX(pendingSynced, synced) -> skip
  :: !(PREFIX(storedSynced, synced) && PREFIX(pendingSynced, synced)) && PREFIX(synced, storedSynced) && PREFIX(pendingSynced, storedSynced) ->
     synced = storedSynced
  :: else -> halted = true
  fi
#endif
}

inline CRASH_AUTHOR() {
  up = false; phase = 0; target = NONE; known = 0; receipt = EMPTY;
  do
  :: SIZE(memory) > SIZE(synced) -> memory = memory >> 1
  :: synced = memory; memory = EMPTY; break
  od
}

#ifndef MALICIOUS
active proctype Author() {
  byte slot; short taken;
end:
  do
  :: atomic { up && !halted && SIZE(memory) < ENTRIES ->
       if
       :: memory = memory << 1
       /* Where no head has reached yet, nobody knows what an entry is not: calling it 0 loses nothing. */
       :: SIZE(memory) < SIZE(released) -> memory = (memory << 1) | 1
       fi }
  :: atomic { up && !halted && synced != memory -> synced = memory }
  :: atomic { up && !halted && phase == 0 && SIZE(PUBLIC) > SIZE(receipt) ->
       RELEASE(PUBLIC);
       target = PUBLIC; phase = 1;
       SEND(MESSAGE(ADD_CHECKPOINT, known, PUBLIC)) }
#ifndef NO_RETRY          /* without it: WRONG, an answer that was lost is waited for without end */
  :: atomic { up && phase > 0 && inFlight == 0 && work[0] == 0 && work[HANDLERS - 1] == 0 && mirrorUp -> phase = 0; target = NONE }
#endif
  :: atomic { up && SOME_TO_AUTHOR ->
       TAKE(COSIGNED, REFUSED);
       if
       :: KIND(taken) == COSIGNED && phase == 1 && HEAD(taken) == target ->
          known = SIZE(target); phase = 2; SEND(MESSAGE(ADD_ENTRIES, 0, target))
       :: KIND(taken) == RECEIPT && PREFIX(HEAD(taken), PUBLIC) && SIZE(HEAD(taken)) > SIZE(receipt) ->
          CHECK_RECEIPT(HEAD(taken));
          receipt = HEAD(taken);
          CHECK_REACH;
          if
          :: phase == 2 && receipt == target -> phase = 0; target = NONE
          :: else
          fi
#ifndef NO_RESYNC         /* without it: WRONG, the size in a refusal is not believed */
       :: KIND(taken) == CONFLICT && OLD(taken) > SIZE(PUBLIC) -> halted = true
       :: KIND(taken) == CONFLICT && OLD(taken) <= SIZE(PUBLIC) && phase > 0 -> known = OLD(taken); phase = 0; target = NONE
#endif
       :: KIND(taken) == REFUSED -> halted = true
       :: else
       fi;
       taken = 0 }
  :: atomic { !up && mirrorUp && work[0] != 2 && work[HANDLERS - 1] != 2 -> RECOVER(); memory = synced; up = true }
  od
}
#endif

inline COSIGN(h) {
  CHECK_COSIGN(h);
  if
  :: SIZE(h) > SIZE(cosigned) -> cosigned = (h)
  :: else
  fi
}

inline IDLE(i) { work[i] = 0; request[i] = 0; basis[i] = 0 }

/* The answer to a request that was accepted. */
inline ANSWER(i) {
  COSIGN(HEAD(request[i]));
  if
  :: KIND(request[i]) == ADD_CHECKPOINT -> TELL(MESSAGE(COSIGNED, 0, HEAD(request[i])))
  :: else -> TELL(MESSAGE(RECEIPT, 0, HEAD(request[i])))
  fi
}

#define IS_CHECKPOINT(i) (KIND(request[i]) == ADD_CHECKPOINT)

active proctype Mirror() {
  byte slot; short taken; byte i;
end:
  do
  :: atomic { mirrorUp && SOME_TO_MIRROR && (work[0] == 0 || work[HANDLERS - 1] == 0) ->
       i = (work[0] == 0 -> 0 : HANDLERS - 1);
#ifdef MALICIOUS
       INVENT();
#else
       TAKE(ADD_CHECKPOINT, ADD_ENTRIES);
#endif
       request[i] = taken; taken = 0; work[i] = 1;
       basis[i] = pending; i = 0 }
  /* Judges the request against the head that it read, and takes it where it may: compare and set. */
  :: atomic { mirrorUp && (work[0] == 1 || work[HANDLERS - 1] == 1) ->
       if
       :: work[0] == 1 -> i = 0
       :: work[HANDLERS - 1] == 1 -> i = HANDLERS - 1
       fi;
       if
       :: IS_CHECKPOINT(i) ->
          if
          :: OLD(request[i]) != SIZE(basis[i]) -> TELL(MESSAGE(CONFLICT, SIZE(basis[i]), 0)); IDLE(i)
          :: OLD(request[i]) == SIZE(basis[i]) && !PREFIX(basis[i], HEAD(request[i])) -> TELL(MESSAGE(REFUSED, 0, 0)); IDLE(i)
          :: else ->
             if
#ifdef NO_COMPARE         /* WRONG: between reading its head and setting the new one another request may have moved it */
             :: pending = HEAD(request[i]); work[i] = 2
#else
             :: pending == basis[i] -> pending = HEAD(request[i]); work[i] = 2
             :: else -> TELL(MESSAGE(CONFLICT, SIZE(pending), 0)); IDLE(i)
#endif
             fi
#ifdef RECEIPT_OF_HEAD    /* WRONG: the receipt is given for the head alone, before any entry is here */
          ; if
            :: work[i] == 2 -> TELL(MESSAGE(RECEIPT, 0, HEAD(request[i])))
            :: else
            fi
#endif
          fi
       :: else ->
          if
          :: HEAD(request[i]) == stored -> work[i] = 2
          :: HEAD(request[i]) != stored && HEAD(request[i]) == pending && PREFIX(stored, HEAD(request[i])) ->
             stored = HEAD(request[i]); work[i] = 2
          :: else -> TELL(MESSAGE(CONFLICT, SIZE(pending), 0)); IDLE(i)
          fi
       fi;
       i = 0 }
  :: atomic { mirrorUp && (work[0] == 2 || work[HANDLERS - 1] == 2) ->
       if
       :: work[0] == 2 -> i = 0
       :: work[HANDLERS - 1] == 2 -> i = HANDLERS - 1
       fi;
#ifdef COSIGN_EARLY       /* WRONG: the cosignature leaves before the flush */
       ANSWER(i); work[i] = 4;
#else
       pendingSynced = pending; storedSynced = stored; work[i] = 3;
#endif
       i = 0 }
  :: atomic { mirrorUp && (work[0] > 2 || work[HANDLERS - 1] > 2) ->
       if
       :: work[0] > 2 -> i = 0
       :: work[HANDLERS - 1] > 2 -> i = HANDLERS - 1
       fi;
       if
       :: work[i] == 3 -> ANSWER(i)
       :: else -> pendingSynced = pending; storedSynced = stored
       fi;
       IDLE(i); i = 0 }
  :: atomic { !mirrorUp -> mirrorUp = true }
  od
}

#ifdef QUIET              /* restored only when nothing of the author's is on its way, and the mirror holds all that ever left it */
#define MAY_RESTORE (inFlight == 0 && work[0] == 0 && work[HANDLERS - 1] == 0 && storedSynced == released)
#else
#define MAY_RESTORE true
#endif

/* Crashes and losses, at any moment and up to their bounds. None of it need ever happen. */
active proctype Chance() {
  byte slot; byte i;
end:
  do
#ifndef MALICIOUS
  :: atomic { up && authorCrashes < AUTHOR_CRASHES -> authorCrashes++; CRASH_AUTHOR() }
  :: atomic { !up && restores < RESTORES && SIZE(synced) > 0 && MAY_RESTORE ->
       restores++;
       do
       :: SIZE(synced) > 0 -> synced = synced >> 1
       :: break
       od }
#endif
  :: atomic { mirrorUp && mirrorCrashes < MIRROR_CRASHES ->
       mirrorCrashes++; mirrorUp = false;
       /* What was not flushed is found again or not. */
       if
       :: pendingSynced = pending
       :: pending = pendingSynced
       fi;
       if
       :: PREFIX(stored, pending) -> storedSynced = stored
       :: stored = storedSynced
       fi;
       IDLE(0); IDLE(HANDLERS - 1) }
  :: atomic { inFlight > 0 && losses < LOSSES ->
       losses++;
       i = 0;
       do
       :: i < inFlight - 1 -> i++
       :: break
       od;
       DROP(i); i = 0 }
  od
}

#ifdef CHECK_P6
#define DONE (up && synced >= (1 << ENTRIES) && receipt == synced)
ltl p6 { <> [] DONE }
#endif
