"""The sending side: messages, leaves, gas payments and signatures of one chain."""
