// Trains nlp.js and asks it; run by nlpjs.py as `node nlpjs.js QUESTIONS ANSWERS`.
// QUESTIONS: `training` ([language, text, intent]), `warm_up` and `texts` ([language, text]).
// ANSWERS: `parses`, one a text, and when and how long it trained.

const fs = require("node:fs");
const { NlpManager } = require("node-nlp");

const seconds = () => Number(process.hrtime.bigint()) / 1e9;

async function main(questions, answers) {
  const asked = JSON.parse(fs.readFileSync(questions, "utf8"));
  const manager = new NlpManager({
    languages: ["ko", "en"],
    forceNER: false,
    autoLoad: false,
    autoSave: false,
    nlu: { log: false },
  });
  for (const [language, text, intent] of asked.training) {
    manager.addDocument(language, text, intent);
  }
  const began = seconds();
  await manager.train();
  const found = {
    node: `Node ${process.version}`,
    fit_seconds: seconds() - began,
    trained_at_ms: Date.now(),
    parses: [],
  };
  for (const [language, text] of asked.warm_up) await manager.process(language, text);
  for (const [language, text] of asked.texts) found.parses.push(await ask(manager, language, text));
  fs.writeFileSync(answers, JSON.stringify(found));
}

async function ask(manager, language, text) {
  const began = seconds();
  const result = await manager.process(language, text);
  const ms = 1000 * (seconds() - began);
  // What shares no word with the message stands in the list with nothing to its score.
  const ranking = (result.classifications || []).filter((one) => one.score > 0);
  return { intent: result.intent, ranking: ranking.map((one) => one.intent), ms };
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
