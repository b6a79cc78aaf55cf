import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { type Evaluation, evaluatePredictions } from "../../index.ts";
import { coloursFor } from "./colour.ts";
import { evaluationView } from "./evaluation.ts";
import { displayWidth } from "./width.ts";

const off = coloursFor({ isTTY: false }, {});
const on = coloursFor({ isTTY: true }, {});

/** An evaluation of `n` pictures that are right with the probability `skill`; seeded. */
function evaluation(classes: readonly string[], n: number, skill: number, seed = 7): Evaluation {
  const rng = random(seed);
  const labels = Int32Array.from({ length: n }, () => rng.int(classes.length));
  const probabilities = new Float32Array(n * classes.length);
  for (let row = 0; row < n; row++) {
    const drawn = Array.from(classes, () => rng.next());
    drawn[rng.next() < skill ? labels[row]! : rng.int(classes.length)]! += 1;
    const sum = drawn.reduce((a, b) => a + b);
    probabilities.set(
      drawn.map((value) => value / sum),
      row * classes.length,
    );
  }
  return evaluatePredictions({ probabilities, labels, classes });
}

const four = evaluation(["cat", "dog", "接ぎ木", "Australian silky terrier, grey\x1b[2J"], 1200, 0.8);
const hundred = evaluation(
  Array.from({ length: 100 }, (_, i) => `class ${i}`),
  3000,
  0.6,
);

test("four classes, whole", () => {
  expect(evaluationView(four, { colours: off })).toMatchInlineSnapshot(`
    "Accuracy  85.9 %  (1,031 of 1,200 pictures right)
              the true one lies between 83.8 % and 87.8 % (95 % interval)
    Top-3     94.6 %
    Log loss  0.894  (guessing evenly gives 1.386)
    Macro F1  0.860  (the mean over the classes)

    Class                             Pictures  Precision  Recall     F1
    --------------------------------  --------  ---------  ------  -----  ----------
    cat                                    315      0.853   0.844  0.848  ########..
    dog                                    303      0.839   0.842  0.840  ########..
    接ぎ木                                 297      0.887   0.872  0.879  #########.
    Australian silky terrier, grey�…       285      0.860   0.881  0.870  #########.

    Confusion (columns: taken for):

       Is                       0    1    2    3
    ------------------------  ---  ---  ---  ---
     0 cat                    266   15   14   20
     1 dog                     20  255   14   14
     2 接ぎ木                  12   19  259    7
     3 Australian silky ter…   14   15    5  251

    Most often confused:

    Is                        Taken for                 Times  Of its pictures
    ------------------------  ------------------------  -----  ---------------
    cat                       Australian silky terrie…     20            6.3 %
    dog                       cat                          20            6.6 %
    接ぎ木                    dog                          19            6.4 %
    cat                       dog                          15            4.8 %
    Australian silky terrie…  dog                          15            5.3 %
    cat                       接ぎ木                       14            4.4 %
    dog                       接ぎ木                       14            4.6 %
    dog                       Australian silky terrie…     14            4.6 %
    Australian silky terrie…  cat                          14            4.9 %
    接ぎ木                    cat                          12            4.0 %"
  `);
});

test("the same in colour: nothing moves, and names bring no escape sequences of their own", () => {
  const coloured = evaluationView(four, { colours: on });
  expect(coloured).not.toContain("\x1b[2J");
  expect(coloured).toContain("\x1b[32m");
  expect(stripVTControlCharacters(coloured)).toBe(evaluationView(four, { colours: off }));
});

test("a hundred classes: the ends of the list, no matrix", () => {
  expect(evaluationView(hundred, { colours: off })).toMatchInlineSnapshot(`
    "Accuracy  60.4 %  (1,813 of 3,000 pictures right)
              the true one lies between 58.7 % and 62.2 % (95 % interval)
    Top-3     61.5 %
    Top-5     62.6 %
    Log loss  4.104  (guessing evenly gives 4.605)
    Macro F1  0.601  (the mean over the classes)

    The 10 worst of 100 classes by F1:

    Class     Pictures  Precision  Recall     F1
    --------  --------  ---------  ------  -----  ----------
    class 35        33      0.444   0.364  0.400  ####......
    class 11        32      0.464   0.406  0.433  ####......
    class 98        25      0.440   0.440  0.440  ####......
    class 20        31      0.464   0.419  0.441  ####......
    class 81        27      0.406   0.481  0.441  ####......
    class 48        25      0.478   0.440  0.458  #####.....
    class 44        20      0.393   0.550  0.458  #####.....
    class 96        30      0.520   0.433  0.473  #####.....
    class 30        24      0.433   0.542  0.481  #####.....
    class 2         29      0.483   0.483  0.483  #####.....

    The 10 best:

    Class     Pictures  Precision  Recall     F1
    --------  --------  ---------  ------  -----  ----------
    class 33        32      0.813   0.813  0.813  ########..
    class 29        28      0.759   0.786  0.772  ########..
    class 38        31      0.759   0.710  0.733  #######...
    class 49        35      0.722   0.743  0.732  #######...
    class 94        32      0.676   0.781  0.725  #######...
    class 97        39      0.750   0.692  0.720  #######...
    class 58        25      0.739   0.680  0.708  #######...
    class 42        36      0.750   0.667  0.706  #######...
    class 91        35      0.840   0.600  0.700  #######...
    class 21        32      0.676   0.719  0.697  #######...

    The confusion matrix is too wide for here: see the run's record.

    Most often confused:

    Is        Taken for  Times  Of its pictures
    --------  ---------  -----  ---------------
    class 17  class 6        3            9.4 %
    class 18  class 67       3            7.9 %
    class 73  class 63       3            9.7 %
    class 3   class 96       2            6.5 %
    class 4   class 25       2            6.7 %
    class 4   class 64       2            6.7 %
    class 6   class 30       2            7.4 %
    class 7   class 94       2            6.1 %
    class 8   class 31       2            6.7 %
    class 10  class 86       2            5.3 %"
  `);
});

test("scores not defined are dashes with a note", () => {
  const probabilities = Float32Array.of(1, 0, 0, 1, 0, 0, 0, 1, 0);
  const few = evaluatePredictions({
    probabilities,
    labels: Int32Array.of(0, 2, 0),
    classes: ["a", "b", "c"],
  });
  expect(evaluationView(few, { colours: off })).toMatchInlineSnapshot(`
    "Accuracy  33.3 %  (1 of 3 pictures right)
              the true one lies between 6.1 % and 79.2 % (95 % interval)
    Log loss  10.628  (guessing evenly gives 1.099)
    Macro F1  0.167  (the mean over the classes)

    Class  Pictures  Precision  Recall     F1
    -----  --------  ---------  ------  -----  ----------
    a             2      0.500   0.500  0.500  #####.....
    b             0      0.000       -  0.000  ..........
    c             1          -   0.000  0.000  ..........

    -  nothing to divide by: no picture of the class (recall), or never an answer (precision).

    Confusion (columns: taken for):

       Is  0  1  2
    -----  -  -  -
     0 a   1  1  .
     1 b   .  .  .
     2 c   1  .  .

    Most often confused:

    Is  Taken for  Times  Of its pictures
    --  ---------  -----  ---------------
    a   b              1           50.0 %
    c   a              1          100.0 %"
  `);
});

test("one class", () => {
  const one = evaluatePredictions({
    probabilities: Float32Array.of(1),
    labels: Int32Array.of(0),
    classes: ["a"],
  });
  expect(evaluationView(one, { colours: off })).toMatchInlineSnapshot(`
    "Accuracy  100.0 %  (1 of 1 picture right)
              the true one lies between 20.7 % and 100.0 % (95 % interval)
    Log loss  0.000  (guessing evenly gives 0.000)
    Macro F1  1.000  (the mean over the classes)

    Class  Pictures  Precision  Recall     F1
    -----  --------  ---------  ------  -----  ----------
    a             1      1.000   1.000  1.000  ##########"
  `);
});

test("a narrow terminal is not overrun: names shrink, the matrix steps back", () => {
  const twenty = evaluation(
    Array.from({ length: 20 }, (_, i) => `a class with a long name, ${i}`),
    4000,
    0.5,
  );
  expect(evaluationView(twenty, { colours: off, width: 120 })).toContain("columns: taken for");
  const narrow = evaluationView(twenty, { colours: off, width: 72 });
  expect(narrow).toContain("too wide for here");
  for (const line of narrow.split("\n")) expect(displayWidth(line), line).toBeLessThanOrEqual(72);
});
