"""Names of topics and rows that people and fuzzers write."""

from hypothesis import strategies as st

from voice2mqtt.mqtt.topics import Topics

TOPICS = Topics("voice2mqtt", "den")
NASTY = st.text(
    st.sampled_from("aB7/+#$ \0\t\n\x7f\x9fäß€😀\ud800\ufdd0\ufffe\U0001ffff\\\"'{}")
    | st.characters(),
    max_size=40,
)
