/*
 * Parties that plan in one sky with no service between them: the acknowledgement rule for overlapping intents, P9 and its progress.
 *
 * Every intent here overlaps every other: the worst case. Each party writes its own log; the prefix of another's log that it has cosigned
 * is what it knows, so a line between two parties is a queue. That logs are kept and carried rightly is line.pml's subject.
 *
 *   R1  a proposal cites every active intent that its author knows of;
 *   R2  a party acknowledges an intent only while it is active in its view, and its own log holds no active intent but such as the
 *       proposal cites (acknowledging is then a consent, which two officers sign) or such as cite the proposal;
 *   R3  after acknowledging, the party's own later proposals cite what it acknowledged: here a consequence of R1;
 *   R4  the author acts on an intent once the acknowledgement of every other party is in its cosigned prefix; it may withdraw it before,
 *       and after that only end it;
 *   R5  of two proposals that crossed, the one that ranks lower is withdrawn, and proposed again with the winner cited.
 */

#ifndef PARTIES
#define PARTIES 2
#endif
#ifndef EACH
#define EACH 2            /* proposals that a party can make */
#endif
#define INTENTS (PARTIES * EACH)
#define QUEUE (INTENTS + EACH)       /* all that a party ever writes */

/* Intent i belongs to party i % PARTIES, and is its proposal number i / PARTIES. Sets of intents and of parties are bits. */
#define OWNER(i) ((i) % PARTIES)
#define BIT(i) (1 << (i))
#define IN(i, set) (((set) & BIT(i)) != 0)
byte cites[INTENTS], citedBy[INTENTS];
byte acked[INTENTS];                 /* parties whose acknowledgement the author has cosigned; itself from the start */
byte flying;                         /* acted on: these aircraft are there, whatever logs say */
byte inForce[PARTIES];                /* in a party's view: its own at once, others' as far as it has cosigned */
byte acknowledged[PARTIES];
byte proposals[PARTIES];
bool consented;                      /* somebody once consented to an overlap */
bool crashed;

/* Constant after the start: a party's own intents, and those that win over an intent when they crossed. */
byte own[PARTIES], winning[INTENTS];

#define PROPOSE 0
#define ACKNOWLEDGE 1
#define CLOSE 2                      /* withdrawn or ended */
chan line[PARTIES * PARTIES] = [QUEUE] of { byte };   /* kind * 16 + intent */
#define FROM(q, p) line[(q) * PARTIES + (p)]
#define NEXT(p) (((p) + 1) % PARTIES)
#define LAST(p) (((p) + PARTIES - 1) % PARTIES)

inline WRITE(p, kind, i) {
  FROM(p, NEXT(p))!((kind) * 16 + (i));
  if
  :: PARTIES > 2 -> FROM(p, LAST(p))!((kind) * 16 + (i))
  :: else
  fi
}

/* Lower wins. Which party comes first alternates, as it would with times and hashes. */
#define RANK(i) (((i) / PARTIES) * PARTIES + (((i) / PARTIES) % 2 == 0 -> OWNER(i) : PARTIES - 1 - OWNER(i)))

/* Active intents that neither cite i nor are cited by it. */
#define CROSSING(p, i) (inForce[p] & ~cites[i] & ~citedBy[i] & ~BIT(i))
#ifdef STRICT_R2          /* as first written down: a party's own proposal that cites i stands in the way of i too */
#define IN_THE_WAY(p, i) (inForce[p] & own[p] & ~cites[i])
#else
#define IN_THE_WAY(p, i) (CROSSING(p, i) & own[p])
#endif
#ifdef OWN_RANK           /* WRONG, against R5: each side ranks by what it saw first, so each believes that it has won */
#define WINNERS(p, i) 0
#else
#define WINNERS(p, i) (CROSSING(p, i) & ~own[p] & winning[i])
#endif
#ifdef BLIND_ACK          /* WRONG, against R2 */
#define MAY_ACKNOWLEDGE(p, i) true
#else
#define MAY_ACKNOWLEDGE(p, i) (IN_THE_WAY(p, i) == 0)
#endif

#if defined(ONE_ACK)      /* WRONG, against R4: one acknowledgement is taken for all */
#define IS_ACCEPTED(i) ((acked[i] & ~BIT(OWNER(i))) != 0)
#elif defined(NO_ACK)     /* WRONG, against R4: accepted once every other party has it */
#define IS_ACCEPTED(i) (IN(i, inForce[NEXT(OWNER(i))]) && IN(i, inForce[LAST(OWNER(i))]))
#elif defined(WINNER_ACTS) /* WRONG, against R4: who would win acts without being acknowledged */
#define IS_ACCEPTED(i) (acked[i] == BIT(PARTIES) - 1 || (IN(i, inForce[NEXT(OWNER(i))]) && WINNERS(OWNER(i), i) == 0))
#else
#define IS_ACCEPTED(i) (acked[i] == BIT(PARTIES) - 1)
#endif
#ifdef LATE_WITHDRAWAL    /* WRONG, against R4: withdrawn although it may be acted on */
#define MAY_WITHDRAW(i) true
#else
#define MAY_WITHDRAW(i) (!IS_ACCEPTED(i))
#endif
#if defined(CHECK_R5) || defined(ORDERLY)   /* nobody withdraws but for R5: what whoever asks for progress has to assume */
#ifdef NO_R5              /* WRONG: two that crossed wait for one another */
#define WISHES_TO_WITHDRAW(p, i) false
#else
#define WISHES_TO_WITHDRAW(p, i) (WINNERS(p, i) != 0)
#endif
#else
#define WISHES_TO_WITHDRAW(p, i) true
#endif

/* The author's side of one intent. */
proctype Intent(byte p, i) {
  byte j;
end:
  do
  :: atomic { proposals[p] == i / PARTIES ->
       proposals[p]++;
#ifndef NO_CITATION       /* against R1 and R3 */
       cites[i] = inForce[p];
       do
       :: j < INTENTS -> citedBy[j] = citedBy[j] | (IN(j, cites[i]) -> BIT(i) : 0); j++
       :: else -> break
       od;
       j = 0;
#endif
       inForce[p] = inForce[p] | BIT(i);
       acked[i] = BIT(p);
       WRITE(p, PROPOSE, i) }
  :: atomic { IN(i, inForce[p]) && MAY_WITHDRAW(i) && WISHES_TO_WITHDRAW(p, i) ->
       inForce[p] = inForce[p] & ~BIT(i);
       WRITE(p, CLOSE, i) }
  :: atomic { IN(i, inForce[p]) && !IN(i, flying) && IS_ACCEPTED(i) ->
#ifdef CHECK_P9
       assert((flying & ~cites[i] & ~citedBy[i]) == 0);
#endif
       flying = flying | BIT(i);
#ifdef REACH              /* two at once, by consent, one of them a proposal after the first */
       assert(!(consented && i >= PARTIES && IN(0, flying)))
#endif
     }
  :: atomic { IN(i, inForce[p]) && IN(i, flying) ->
       flying = flying & ~BIT(i);
       inForce[p] = inForce[p] & ~BIT(i);
       WRITE(p, CLOSE, i) }
#ifdef FORGETS_ACKS       /* WRONG, against R4: acts on acknowledgements that are not on its disk yet, and loses them in a crash */
  :: atomic { !crashed -> crashed = true; acked[i] = acked[i] & BIT(p) }
#endif
  od
}

/* Another party's officers, with one intent before them. */
proctype Officers(byte p, i) {
end:
  do
  :: atomic { IN(i, inForce[p]) && !IN(i, acknowledged[p]) && MAY_ACKNOWLEDGE(p, i) ->
       acknowledged[p] = acknowledged[p] | BIT(i);
       consented = consented || (inForce[p] & own[p] & cites[i]) != 0;
       /* Nobody but the author does anything with it. */
       FROM(p, OWNER(i))!(ACKNOWLEDGE * 16 + i) }
  od
}

/* Party p cosigns one more entry of another's log. */
proctype Line(byte q, p) {
  byte entry;
end:
  do
  :: atomic { FROM(q, p)?entry ->
       if
       :: entry / 16 == PROPOSE -> inForce[p] = inForce[p] | BIT(entry % 16)
       :: entry / 16 == CLOSE -> inForce[p] = inForce[p] & ~BIT(entry % 16)
       :: entry / 16 == ACKNOWLEDGE -> acked[entry % 16] = acked[entry % 16] | BIT(q)
       fi;
       entry = 0 }
  od
}

init {
  byte p, i, j;
  atomic {
    for (i : 0 .. INTENTS - 1) {
      own[OWNER(i)] = own[OWNER(i)] | BIT(i);
      for (j : 0 .. INTENTS - 1) {
        winning[i] = winning[i] | (RANK(j) < RANK(i) -> BIT(j) : 0)
      }
    }
    for (i : 0 .. INTENTS - 1) {
      run Intent(OWNER(i), i);
      run Officers(NEXT(OWNER(i)), i);
      if
      :: PARTIES > 2 -> run Officers(LAST(OWNER(i)), i)
      :: else
      fi
    }
    for (p : 0 .. PARTIES - 1) {
      run Line(NEXT(p), p);
      if
      :: PARTIES > 2 -> run Line(LAST(p), p)
      :: else
      fi
    }
    p = 0; i = 0; j = 0
  }
}

#ifdef CHECK_R5
ltl progress { <> (IN(0, flying)) }
#endif
