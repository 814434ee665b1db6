"""Fine-tunes a Transformer encoder as a text classifier, for Tiller.

Requests come as JSON lines on standard input and replies go as JSON lines to standard output; see
runner-protocol.ts for both. Everything else that is printed goes to standard error. The end of standard
input means that Tiller is gone: the process ends at once.
"""

import itertools
import json
import math
import os
import queue
import signal
import sys
import threading

# Libraries print; the replies keep the real standard output to themselves.
REPLIES = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
os.dup2(2, 1)
REPLY_LOCK = threading.Lock()
ALIVE_SECONDS = 5


class Failure(Exception):
    """Something that the user can mend. The code is one of runner-protocol.ts."""

    def __init__(self, code, message="", **detail):
        super().__init__(message)
        self.reply = {"event": "failed", "code": code, "message": message, **detail}


def send(reply):
    with REPLY_LOCK:
        REPLIES.write(json.dumps(reply) + "\n")
        REPLIES.flush()


def read_requests(requests):
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)


def say_alive():
    while True:
        threading.Event().wait(ALIVE_SECONDS)
        send({"event": "alive"})


def memory_ran_out(error):
    said = str(error).lower()
    return (
        isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError))
        or "can't allocate memory" in said
        or "not enough memory" in said
        or "out of memory" in said
    )


def first_line(error):
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def check_encoder(config):
    """Sequence encoders are the models that were trained to fill masks and have no decoder."""
    from transformers import MODEL_FOR_MASKED_LM_MAPPING, MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING

    fills_masks = type(config) in MODEL_FOR_MASKED_LM_MAPPING
    classifies = type(config) in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING
    decodes = getattr(config, "is_encoder_decoder", False) or getattr(config, "is_decoder", False)
    if not fills_masks or not classifies or decodes:
        raise Failure("not-an-encoder", modelType=config.model_type)


def load_failure(error):
    """What stands behind the many errors of from_pretrained."""
    said = str(error)
    chain = error
    while chain is not None:
        name = type(chain).__name__
        if name == "GatedRepoError":
            return Failure("gated", first_line(error))
        if name in ("RepositoryNotFoundError", "RevisionNotFoundError"):
            return Failure("not-found", first_line(error))
        if name in ("OfflineModeIsEnabled", "LocalEntryNotFoundError", "ConnectionError", "ConnectError"):
            return Failure("no-network", first_line(error))
        chain = chain.__cause__ or chain.__context__
    if "connect to" in said or "offline" in said:
        return Failure("no-network", first_line(error))
    if "not a valid model identifier" in said:
        return Failure("not-found", first_line(error))
    return Failure("unreadable", first_line(error))


class Runner:
    def __init__(self):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        torch.use_deterministic_algorithms(True)
        if self.device.type == "cuda":
            # Their backward passes add in no fixed order.
            torch.backends.cuda.enable_flash_sdp(False)
            torch.backends.cuda.enable_mem_efficient_sdp(False)
        self.model = None
        self.classes = None

    # ---- prepare

    def prepare(self, request):
        """Reads configuration, tokenizer and texts. The weights wait for the number of classes."""
        source = {"pretrained_model_name_or_path": request["model"], "revision": request["revision"]}
        try:
            config = transformers.AutoConfig.from_pretrained(**source)
        except Exception as error:
            raise load_failure(error) from error
        check_encoder(config)
        try:
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
        except Exception as error:
            raise Failure("no-tokenizer", first_line(error)) from error
        if self.tokenizer.pad_token_id is None:
            raise Failure("no-tokenizer", "it has no padding token")
        if len(self.tokenizer) <= len(self.tokenizer.all_special_tokens):
            # Without files, Transformers makes a tokenizer that knows no word.
            raise Failure("no-tokenizer", "it has no vocabulary")
        self.source, self.config, self.model = source, config, None
        has_dropout = self.set_dropout(request["dropout"])
        self.max_length = min(request["maxLength"], self.longest_input())
        encoded = self.tokenizer(request["texts"], add_special_tokens=True, truncation=False)["input_ids"]
        special = self.tokenizer.num_special_tokens_to_add()
        unknown_id = self.tokenizer.unk_token_id
        tokens = sum(max(0, len(ids) - special) for ids in encoded)
        unknown = 0 if unknown_id is None else sum(ids.count(unknown_id) for ids in encoded)
        truncated = sum(len(ids) > self.max_length for ids in encoded)
        if truncated:
            encoded = self.tokenizer(request["texts"], truncation=True, max_length=self.max_length)["input_ids"]
        self.texts = encoded
        return {
            "event": "prepared",
            "device": self.device.type,
            "modelType": config.model_type,
            "commit": getattr(config, "_commit_hash", None),
            "maxLength": self.max_length,
            "truncated": truncated,
            "unknownShare": unknown / tokens if tokens else 0,
            "hasDropout": has_dropout,
        }

    def set_dropout(self, dropout):
        """Architectures have different names for the dropout before the classifier."""
        kind = self.config.model_type
        # DeBERTa's is read by its model and is no attribute of its configuration until it is set.
        key = {"deberta": "cls_dropout", "deberta-v2": "cls_dropout", "distilbert": "seq_classif_dropout"}.get(
            kind, "classifier_dropout"
        )
        has_dropout = key == "cls_dropout" or hasattr(self.config, key)
        if has_dropout:
            setattr(self.config, key, dropout)
        return has_dropout

    def longest_input(self):
        limits = [self.tokenizer.model_max_length]
        positions = getattr(self.config, "max_position_embeddings", None)
        if isinstance(positions, int) and positions > 0:
            # RoBERTa's family counts positions from the padding token's number on.
            family = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "xmod", "longformer", "mpnet")
            offset = self.config.pad_token_id + 1 if self.config.model_type in family else 0
            limits.append(positions - offset)
        return int(min(limits))

    # ---- train

    def fresh_model(self, classes, seed):
        """The pretrained weights with a head of random ones. Weights are read from disk once."""
        if self.model is None or self.classes != classes:
            self.model = None
            self.config.num_labels = classes
            self.config.problem_type = "single_label_classification"
            try:
                model, info = transformers.AutoModelForSequenceClassification.from_pretrained(
                    **self.source, config=self.config, output_loading_info=True, ignore_mismatched_sizes=True
                )
                model = model.float()
            except Exception as error:
                if memory_ran_out(error):
                    raise
                raise load_failure(error) from error
            self.head = self.head_of(model, info)
            self.pretrained = {name: value.detach().clone() for name, value in model.state_dict().items()}
            self.model, self.classes = model.to(self.device), classes
        torch.manual_seed(seed)
        self.model.load_state_dict(self.pretrained)
        self.reset_head()
        return self.model

    def head_of(self, model, info):
        """The weights that no file gives, which each seed draws anew."""
        names = [name for name, _ in model.named_parameters()]
        encoder = model.base_model_prefix + "."
        resized = {key if isinstance(key, str) else key[0] for key in info["mismatched_keys"]}
        absent = {name for name in names if name in info["missing_keys"] or name in resized}
        lost = next((name for name in names if name in resized and name.startswith(encoder)), None)
        if lost is not None or 2 * len(absent) > len(names):
            raise Failure("unreadable", "its file lacks the weights of " + (lost or min(absent)))
        # A classifier that someone has trained already gets a new head like any other model.
        return sorted(absent or (name for name in names if not name.startswith(encoder)))

    def reset_head(self):
        """Gives the head's weights the values that the architecture begins with."""
        parameters = dict(self.model.named_parameters())
        owners = {name.rpartition(".")[0] for name in self.head}
        with torch.no_grad():
            for name in self.head:
                parameters[name].fill_(math.nan)
                parameters[name]._is_hf_initialized = False
            for owner in sorted(owners):
                module = self.model.get_submodule(owner)
                module._is_hf_initialized = False
                self.model._init_weights(module)
            spread = getattr(self.config, "initializer_range", 0.02)
            for name in self.head:
                parameter = parameters[name]
                if not torch.isnan(parameter).any():
                    continue
                if parameter.ndim > 1:
                    parameter.normal_(0, spread)
                else:
                    parameter.fill_(0 if name.endswith("bias") else 1)

    def batches(self, rows, size):
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            padded = self.tokenizer.pad({"input_ids": [self.texts[row] for row in chosen]}, return_tensors="pt")
            yield {key: value.to(self.device) for key, value in padded.items()}

    def train(self, request):
        rows, y, seed = request["rows"], request["y"], request["seed"]
        epochs, patience, validation = request["epochs"], request["patience"], request["validation"]
        model = self.fresh_model(request["classes"], seed)
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=request["learningRate"], weight_decay=request["weightDecay"]
        )
        order = torch.Generator().manual_seed(seed)
        best, best_epoch, best_state = -1.0, 0, None
        for epoch in range(1, epochs + 1):
            model.train()
            total = 0.0
            shuffled = torch.randperm(len(rows), generator=order).tolist()
            targets = iter([y[i] for i in shuffled])
            for inputs in self.batches([rows[i] for i in shuffled], request["batchSize"]):
                size = len(inputs["input_ids"])
                target = torch.tensor(list(itertools.islice(targets, size)), device=self.device)
                optimizer.zero_grad(set_to_none=True)
                loss = torch.nn.functional.cross_entropy(model(**inputs).logits, target)
                value = loss.item()
                if not math.isfinite(value):
                    raise Failure("not-finite", epoch=epoch)
                loss.backward()
                optimizer.step()
                total += value * size
            score = None
            if validation is not None:
                score = self.macro_f1(validation["rows"], validation["y"], request["batchSize"])
                if score > best:
                    best, best_epoch = score, epoch
                    best_state = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
            send(
                {
                    "event": "epoch",
                    "epoch": epoch,
                    "epochs": epochs,
                    "loss": total / len(rows),
                    "validationMacroF1": score,
                    "bestEpoch": best_epoch if validation is not None else epoch,
                }
            )
            if patience is not None and validation is not None and epoch - best_epoch >= patience:
                break
        if best_state is not None:
            model.load_state_dict(best_state)
        if not all(torch.isfinite(parameter).all() for parameter in model.parameters()):
            raise Failure("not-finite", epoch=epoch)
        self.batch_size = request["batchSize"]
        return {
            "event": "trained",
            "epochs": epoch,
            "bestEpoch": best_epoch if best_state is not None else epoch,
            "loss": total / len(rows),
        }

    # ---- classify

    def logits(self, rows, size):
        self.model.eval()
        # Texts of like length share a batch, since all of a batch are as long as its longest.
        order = sorted(range(len(rows)), key=lambda i: (len(self.texts[rows[i]]), rows[i]))
        values = [None] * len(rows)
        with torch.no_grad():
            places = iter(order)
            for inputs in self.batches([rows[i] for i in order], size):
                for row in self.model(**inputs).logits.double().cpu():
                    values[next(places)] = row
        return values

    def macro_f1(self, rows, y, size):
        """Mean F1 of the classes that are true or predicted somewhere, as scikit-learn's."""
        predicted = [int(row.argmax()) for row in self.logits(rows, size)]
        scores = []
        for k in sorted(set(y) | set(predicted)):
            both = sum(a == k and b == k for a, b in zip(y, predicted))
            scores.append(2 * both / (y.count(k) + predicted.count(k)))
        return sum(scores) / len(scores)

    def classify(self, request):
        rows = self.logits(request["rows"], self.batch_size)
        probabilities = [torch.softmax(row, dim=0).tolist() for row in rows]
        if not all(math.isfinite(value) for row in probabilities for value in row):
            raise Failure("not-finite", epoch=0)
        return {"event": "classified", "probabilities": probabilities}


def main():
    global torch, transformers
    # Ctrl-C reaches the whole group of processes; Tiller decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = queue.Queue()
    threading.Thread(target=read_requests, args=(requests,), daemon=True).start()
    threading.Thread(target=say_alive, daemon=True).start()
    try:
        import torch
        import transformers
    except ImportError as error:
        send({"event": "failed", "code": "packages", "message": first_line(error)})
        return
    runner = Runner()
    operations = {"prepare": runner.prepare, "train": runner.train, "classify": runner.classify}
    send({"event": "ready", "torch": torch.__version__, "transformers": transformers.__version__})
    while True:
        request = requests.get()
        try:
            send(operations[request["op"]](request))
        except Failure as failure:
            send(failure.reply)
        except Exception as error:
            if memory_ran_out(error):
                send({"event": "failed", "code": "memory", "message": first_line(error)})
                continue
            import traceback

            traceback.print_exc()
            send({"event": "failed", "code": "unexpected", "message": f"{type(error).__name__}: {first_line(error)}"})


if __name__ == "__main__":
    main()
