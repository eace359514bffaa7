from voice2mqtt.speechhost.decoding.moonshine import Moonshine, model_folder
from voice2mqtt.speechhost.decoding.prior import Prior
from voice2mqtt.speechhost.decoding.tokenizer import END, read_tokenizer


def test_a_sentence_is_as_likely_whatever_was_asked_about_before() -> None:
    tokenizer = read_tokenizer(model_folder() / "tokenizer.bin")
    model = Moonshine(model_folder())
    texts = ("Help.", "Never mind.", "Set the heating to twenty degrees.")
    strings = [(*(t for w in text.split() for t in tokenizer.encode(w)), END) for text in texts]
    together = Prior(model).log_probabilities(strings)
    one_by_one = Prior(model)
    assert together == [one_by_one.log_probabilities([s])[0] for s in reversed(strings)][::-1]
    assert together == one_by_one.log_probabilities(strings)
    assert sum(together[0]) != sum(together[1])
