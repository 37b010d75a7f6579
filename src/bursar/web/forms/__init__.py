"""The form of a token configuration: `specs` says which fields there are, `shown` what stands in them, `given` what a
person sent, `page` puts it together with what is wrong. No rule of the document is here: those are in `tokens/`.
"""
