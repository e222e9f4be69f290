/*
 * One author, two peers that mirror its log, and a folder that comes back from an old backup: the handover to the next log number, P13.
 *
 * What an author published and no longer has cannot be taken back, and a head still on its way may be cosigned after the author asked
 * what there is. So the author goes on under the next number: `log.continue`, signed by its root key, cites the head up to which the old
 * number counts. The rules checked here:
 *
 *   C1  the continuation is on the author's disk before it leaves;
 *   C2  a peer that sees one cosigns nothing of lower numbers any more, whether it accepts or refuses;
 *   C3  a peer accepts only what covers every head it has cosigned, and otherwise answers with its own;
 *   C4  under a new number the author writes nothing before every peer has accepted;
 *   C5  refused, it takes the number after, citing what the refusal showed.
 *
 * Where the code holds them, and the test that is named after each:
 *
 *   C1  placeWhole in apps/node/src/record/continue-log.ts: the folder gets its name once entry 0 is flushed; takeOver looks no further
 *   C2  refusesNumber in packages/record/src/handover.ts, asked by HeadKeeper.addCheckpoint and by Mirror.#commit; HandoverBook is the disk
 *   C3  decideContinueLog in packages/record/src/handover.ts
 *   C4  present and awaitAcceptance in apps/node/src/record/hand-over.ts; a peer's own line under the first head is its acceptance
 *   C5  takeOver in apps/node/src/record/hand-over.ts, by way of beginNextLog
 *
 * Tests: packages/record/src/handover.test.ts (C2, C3), apps/node/tests/continue-log.test.ts (all five, over sockets and files).
 *
 * One thing differs: a witness, whose cosignature claims no contents, also takes a citation that names its head as lost. It gave no
 * receipt, and P13 is about receipts; a mirror never does.
 *
 * Heads are numbers as in line.pml, and chains: the head of a number goes on from the head that it cites. Appending, flushing and
 * publishing in the right order is line.pml's subject; here an entry is durable at once.
 */

#ifndef ENTRIES
#define ENTRIES 4
#endif
#ifndef CRASHES
#define CRASHES 1         /* of the author; its peers lose nothing, which is line.pml's subject too */
#endif
#ifndef RESTORES
#define RESTORES 1
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef DUPLICATES
#define DUPLICATES 0
#endif
#ifndef NUMBERS
#define NUMBERS 4         /* the first log and the three after it that peers know the keys of */
#endif
#ifndef WINDOW
#define WINDOW 3          /* the author sends while fewer messages are on their way */
#endif
#define BAG (WINDOW + 2)
#define PEERS 2
#ifdef CHECK_LIVE         /* repeated only when nothing is on its way: otherwise repeating alone could go on for ever */
#define SENDS (inFlight == 0)
#else
#define SENDS (inFlight < WINDOW)
#endif

#define EMPTY 1
#define SIZE(h) ((h) < 2 -> 0 : ((h) < 4 -> 1 : ((h) < 8 -> 2 : ((h) < 16 -> 3 : ((h) < 32 -> 4 : 5)))))
#define PREFIX(a, b) (SIZE(a) <= SIZE(b) && ((b) >> ((SIZE(a) <= SIZE(b) -> SIZE(b) - SIZE(a) : 0))) == (a))
#define CONSISTENT(a, b) (PREFIX(a, b) || PREFIX(b, a))
#define LONGER(a, b) (SIZE(a) >= SIZE(b) -> (a) : (b))

#define PUBLISH 0         /* to a peer: a head and the entries under it */
#define CONTINUE 1        /* to a peer: the next number, and the head that it cites */
#define RECEIPT 2         /* to the author */
#define ACCEPTED 3        /* to the author */
#define SHORT 4           /* to the author: the citation lacks what this peer has cosigned, up to here */
#define MESSAGE(kind, peer, number, head) (((kind) << 9) | ((peer) << 8) | ((number) << 6) | (head))
#define KIND(m) ((m) >> 9)
#define PEER(m) (((m) >> 8) & 1)
#define NUMBER(m) (((m) >> 6) & 3)
#define HEAD(m) ((m) & 63)

short bag[BAG];
byte inFlight, losses, duplicates;

/* A message that is on its way already is not sent again. */
inline SEND(m) {
  d_step {
    slot = 0;
    do
    :: slot < inFlight && bag[slot] < (m) -> slot++
    :: else -> break
    od;
    if
    :: slot < inFlight && bag[slot] == (m) -> skip
    :: else ->
       assert(inFlight < BAG);
       shift = inFlight;
       do
       :: shift > slot -> bag[shift] = bag[shift - 1]; shift--
       :: else -> break
       od;
       bag[slot] = (m);
       inFlight++
    fi;
    slot = 0; shift = 0
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

#define SOME_TO_PEERS (inFlight > 0 && KIND(bag[0]) <= CONTINUE)
#define SOME_TO_AUTHOR (inFlight > 0 && KIND(bag[inFlight - 1]) >= RECEIPT)

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
byte number, chain = EMPTY;     /* on its disk */
byte cited = EMPTY;             /* on its disk: the head that the present number goes on from */
byte crashes, restores;
bool up = true;
bool handover;                  /* on its disk, or known to its operators: a backup came back, the present number is over */
bool unsaved;                   /* the continuation that left is not on the disk yet */
byte savedNumber, savedChain = EMPTY, savedCited = EMPTY;
byte receipt[PEERS] = EMPTY;    /* asked for again after a crash, as is acceptance */
bool accepted[PEERS];
bool settled = true;            /* every peer has accepted the present number */
bool stuck;                     /* no number is left that the peers know */

/* ---- the peers, all of it on their disks ---- */
byte at[PEERS];                 /* number that counts */
byte head[PEERS] = EMPTY;       /* newest head cosigned */
byte frozen[PEERS];             /* lower numbers are cosigned no more */

/* ---- what the properties speak of ---- */
byte released[NUMBERS] = 0;     /* longest head of a number that ever left the author */
byte begun[NUMBERS] = 0;        /* what it cites */
byte kept = EMPTY;              /* longest history that any peer ever gave a receipt for */

inline RELEASE(n, h) {
#ifdef CHECK_P1
  assert(released[n] == 0 || CONSISTENT(released[n], h));
#endif
  if
  :: released[n] == 0 || SIZE(h) > SIZE(released[n]) -> released[n] = (h)
  :: else
  fi
}

inline BEGIN(n, h) {
#ifdef CHECK_P1
  assert(begun[n] == 0 || begun[n] == (h));
#endif
  begun[n] = (h)
}

inline KEEP(h) {
#ifdef CHECK_P13
  assert(CONSISTENT(kept, h));
#endif
  if
  :: SIZE(h) > SIZE(kept) -> kept = (h)
  :: else
  fi
}

inline FORGET() {
  receipt[0] = EMPTY; receipt[1] = EMPTY;
  accepted[0] = false; accepted[1] = false;
  settled = (number == 0 -> true : false)
}

/* The next number, citing the longest history known. */
inline GO_ON(h) {
  if
  :: number + 1 >= NUMBERS -> stuck = true
  :: else ->
#ifdef CONTINUE_EARLY           /* WRONG, against C1 */
     savedNumber = number; savedChain = chain; savedCited = cited; unsaved = true;
#endif
     number++; chain = (h); cited = (h); handover = false;
     FORGET();
     BEGIN(number, chain);
#ifdef ACT_EARLY                /* WRONG, against C4 */
     settled = true
#else
     settled = false
#endif
  fi
}

active proctype Author() {
  byte slot, shift; short taken; byte p; byte h;
end:
  do
  :: atomic { up && !handover && settled && SIZE(chain) < ENTRIES ->
       if
       :: chain = chain << 1
       :: SIZE(chain) < SIZE(LONGER(released[0], LONGER(released[1], LONGER(released[2], released[3])))) -> chain = (chain << 1) | 1
       fi }
  :: atomic { up && !handover && settled && (SIZE(receipt[0]) < SIZE(chain) || SIZE(receipt[1]) < SIZE(chain)) && SENDS ->
       if
       :: SIZE(receipt[0]) < SIZE(chain) -> p = 0
       :: SIZE(receipt[1]) < SIZE(chain) -> p = 1
       fi;
       RELEASE(number, chain);
       SEND(MESSAGE(PUBLISH, p, number, chain));
       p = 0 }
  :: atomic { up && !handover && number > 0 && !(accepted[0] && accepted[1]) && SENDS ->
       if
       :: !accepted[0] -> p = 0
       :: !accepted[1] -> p = 1
       fi;
       SEND(MESSAGE(CONTINUE, p, number, cited));
       p = 0 }
  :: atomic { up && unsaved -> unsaved = false; savedNumber = 0; savedChain = EMPTY; savedCited = EMPTY }
  /* Whichever peers can be reached are asked. What they say may be out of date by the time that it matters. */
  :: atomic { up && handover && !stuck ->
       h = chain;
       if
       :: skip
       :: h = LONGER(h, head[0])
       :: h = LONGER(h, head[1])
       :: h = LONGER(h, LONGER(head[0], head[1]))
       fi;
#ifdef SAME_NUMBER              /* WRONG: goes on under the old number with what it could get back */
       chain = h; handover = false;
#else
       GO_ON(h);
#endif
       h = 0 }
  :: atomic { up && SOME_TO_AUTHOR ->
       TAKE(RECEIPT, SHORT);
       if
       :: NUMBER(taken) != number || handover -> skip
       :: NUMBER(taken) == number && !handover && KIND(taken) == RECEIPT && PREFIX(HEAD(taken), chain) ->
          receipt[PEER(taken)] = LONGER(receipt[PEER(taken)], HEAD(taken))
       :: NUMBER(taken) == number && !handover && KIND(taken) == ACCEPTED && !accepted[PEER(taken)] ->
          accepted[PEER(taken)] = true;
          receipt[PEER(taken)] = LONGER(receipt[PEER(taken)], cited);
          settled = settled || (accepted[0] && accepted[1]);
#ifdef REACH                    /* a first citation was refused, a second one accepted by all */
          assert(!(settled && number == 2 && SIZE(chain) == ENTRIES - 1))
#endif
       :: NUMBER(taken) == number && !handover && KIND(taken) == SHORT && !settled && !stuck ->
#ifdef STUBBORN                 /* WRONG, against C5: repeats what was refused */
          skip
#else
          GO_ON(HEAD(taken))
#endif
       :: else
       fi;
       taken = 0 }
  :: atomic { !up -> up = true }
  od
}

active proctype Peers() {
  byte slot, shift; short taken;
end:
  do
  :: atomic { SOME_TO_PEERS ->
       TAKE(PUBLISH, CONTINUE);
#define P PEER(taken)
       if
       :: KIND(taken) == PUBLISH ->
          if
#ifdef NO_FREEZE                /* WRONG, against C2: the old number is cosigned on beside the new one */
          :: NUMBER(taken) <= at[P] && (NUMBER(taken) < at[P] || PREFIX(head[P], HEAD(taken))) ->
#else
          :: NUMBER(taken) == at[P] && NUMBER(taken) >= frozen[P] && PREFIX(head[P], HEAD(taken)) ->
#endif
             KEEP(HEAD(taken));
             head[P] = LONGER(head[P], HEAD(taken))
#ifdef CHECK_LIVE               /* the author does nothing with a receipt but stop repeating */
             ; SEND(MESSAGE(RECEIPT, P, NUMBER(taken), HEAD(taken)))
#endif
          :: else
          fi
       :: KIND(taken) == CONTINUE && NUMBER(taken) > at[P] ->
          frozen[P] = (NUMBER(taken) > frozen[P] -> NUMBER(taken) : frozen[P]);
          if
#ifdef NO_COVER                 /* WRONG, against C3 */
          :: true ->
#else
          :: PREFIX(head[P], HEAD(taken)) ->
#endif
             KEEP(HEAD(taken));
             at[P] = NUMBER(taken); head[P] = HEAD(taken);
             SEND(MESSAGE(ACCEPTED, P, NUMBER(taken), 0))
#ifndef NO_COVER
          :: else -> SEND(MESSAGE(SHORT, P, NUMBER(taken), head[P]))
#endif
          fi
       :: KIND(taken) == CONTINUE && NUMBER(taken) == at[P] -> SEND(MESSAGE(ACCEPTED, P, NUMBER(taken), 0))
       :: else
       fi;
       taken = 0 }
  od
}

active proctype Chance() {
  byte slot; byte i;
end:
  do
  :: atomic { up && crashes < CRASHES ->
       crashes++; up = false;
       if
       :: unsaved -> number = savedNumber; chain = savedChain; cited = savedCited; unsaved = false; handover = true;
          savedNumber = 0; savedChain = EMPTY; savedCited = EMPTY
       :: else
       fi;
       FORGET() }
  :: atomic { !up && restores < RESTORES ->
       restores++;
#ifdef FORGETFUL                /* not even the number in use is written down anywhere but in the folder */
       if
       :: number = 0; cited = EMPTY
       :: skip
       fi;
#endif
       do
       :: SIZE(chain) > 0 -> chain = chain >> 1
       :: break
       od;
       handover = true; FORGET() }
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

#ifdef CHECK_LIVE
ltl live { <> [] (settled && !stuck && !handover && chain >= (1 << ENTRIES) && receipt[0] == chain && receipt[1] == chain) }
#endif
