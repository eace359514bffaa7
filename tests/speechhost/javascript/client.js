// node client.js URL once|piped|twice|live|continuous|dictation|transcriber PCM_FILE [KEY [LANGUAGES]]: recognises, one
// JSON event a line. A URL with a path is an endpoint, else a host; of several LANGUAGES, one is identified.
"use strict";
const fs = require("node:fs");
const sdk = require("microsoft-cognitiveservices-speech-sdk");

const [address, mode, file, key, languages = "en-US"] = process.argv.slice(2);
const pcm = fs.readFileSync(file);

const url = new URL(address);
const config = url.pathname === "/" ? sdk.SpeechConfig.fromHost(url, key) : sdk.SpeechConfig.fromEndpoint(url, key);
const candidates = languages.split(",");
config.speechRecognitionLanguage = candidates[0];
config.outputFormat = sdk.OutputFormat.Detailed;
config.requestWordLevelTimestamps();
if (mode === "dictation") config.enableDictation();
const stream = sdk.AudioInputStream.createPushStream();
const audio = sdk.AudioConfig.fromStreamInput(stream);
const identified = sdk.AutoDetectSourceLanguageConfig.fromLanguages(candidates);
const recognizer = mode === "transcriber" ? new sdk.ConversationTranscriber(config, audio)
  : candidates.length > 1 ? sdk.SpeechRecognizer.FromConfig(config, identified, audio)
  : new sdk.SpeechRecognizer(config, audio);
sdk.PhraseListGrammar.fromRecognizer(recognizer).addPhrase("Contoso lamp");

const tell = (event, result) =>
  console.log(JSON.stringify({
    event,
    reason: result && sdk.ResultReason[result.reason],
    text: result && result.text,
    end: result && result.offset + result.duration,
    json: result && result.json,
    language: result && result.language,
    speaker: result && result.speakerId,
    error: result && result.errorDetails,
  }));
const push = (start = 0, end = pcm.length) =>
  stream.write(pcm.buffer.slice(pcm.byteOffset + start, pcm.byteOffset + end));
// "live" says no more than this until a hypothesis has come.
const begun = mode === "live" ? pcm.length - 24_000 : pcm.length;
const once = () => new Promise((resolve, reject) => recognizer.recognizeOnceAsync(resolve, reject));

for (const event of ["recognizing", "recognized", "transcribed", "speechStartDetected", "speechEndDetected"]) {
  recognizer[event] = (_, args) => tell(event, args.result);
}
if (mode === "live") {
  let rest = () => { push(begun); rest = () => {}; };
  recognizer.recognizing = (_, args) => { tell("recognizing", args.result); rest(); };
}

// As Microsoft's quickstart reads a file.
const pipe = () => fs.createReadStream(file)
  .on("data", (piece) => stream.write(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length)))
  .on("end", () => stream.close());

async function main() {
  if (mode === "piped") pipe();
  else push(0, begun);
  if (["continuous", "dictation", "transcriber"].includes(mode)) {
    stream.close();
    const stopped = new Promise((resolve) => { recognizer.sessionStopped = resolve; });
    if (mode === "transcriber") recognizer.startTranscribingAsync();
    else recognizer.startContinuousRecognitionAsync();
    await stopped;
  } else {
    if (mode === "once") stream.close();
    tell("result", await once());
    if (mode === "twice") {
      push();
      tell("result", await once());
    }
  }
  recognizer.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
